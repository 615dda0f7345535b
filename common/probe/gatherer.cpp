#include "probe/gatherer.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

#include "base/ascii.hpp"
#include "base/descriptor.hpp"
#include "check/case.hpp"
#include "os/socket_address.hpp"
#include "probe/https_probe.hpp"
#include "probe/mail_hosts.hpp"
#include "probe/policy_host_probe.hpp"
#include "probe/smtp_probe.hpp"
#include "probe/worker.hpp"
#include "publish/web_answer.hpp"

namespace mta_sts::probe {
namespace {

using check::Facts;
using check::HttpsFact;
using check::Reach;
using check::SmtpFact;
using check::TlsFact;

constexpr std::string_view own_user_agent = "mta-sts";
// Some 25 questions a domain come in one burst. A resolver's receive buffer holds about 300: what is beyond
// is lost, tried again in the same burst, and would look like a network that is down.
constexpr std::size_t dns_at_once = 10;
// Three connections go to each address, five where a handshake fails; one after the other.
constexpr std::size_t mail_addresses_limit = 20;
constexpr std::size_t addresses_rank_end = 64;
// Whether a packet to an address of a documentation network would leave this machine; nothing is sent.
bool has_route(std::string_view documentation_address) {
  const SocketAddress address({.address = IpAddress::parse(documentation_address).value(), .port = 9});
  const Descriptor probe(socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return probe.is_open() && connect(probe.get(), address.get(), address.size()) == 0;
}

bool is_forbidden(const check::HostFact& host, const std::string& address, bool private_allowed) {
  return !private_allowed && std::ranges::find(host.not_public, address) != host.not_public.end();
}

// A worker that ran out of memory saw nothing.
void put_first(std::vector<HttpsFact>& seen, HttpsFact& into) {
  if (!seen.empty()) {
    into = std::move(seen.front());
  }
}

std::optional<std::chrono::seconds> clock_offset(const HttpsFact& fact, std::chrono::sys_seconds now) {
  const auto dates = check::header_values(fact, "Date");
  const time_t date = dates.empty() ? -1 : curl_getdate(dates.front().c_str(), nullptr);
  if (date < 0) {
    return std::nullopt;
  }
  return now - std::chrono::sys_seconds(std::chrono::seconds(date));
}

}  // namespace

class Gatherer::Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(uv_loop_t* loop, const DnsSources& dns, const TlsClient& tls, const Clock& clock,
         GatherOptions options)
      : loop_(loop),
        dns_(dns),
        tls_(tls),
        clock_(clock),
        options_(std::move(options)),
        mail_hosts_(loop, tls) {}

  void gather(const DomainName& domain, std::vector<std::string> subdomains, std::function<void(Facts)> done);

 private:
  class Run;

  struct Waiting {
    DomainName domain;
    std::vector<std::string> subdomains;
    std::function<void(Facts)> done;
  };

  void begin_waiting();
  void begin(Waiting waiting);

  [[nodiscard]] TimeLimit limit(Deadline total) const {
    return {.exchange = options_.exchange_deadline, .total = total};
  }

  uv_loop_t* loop_;
  const DnsSources& dns_;
  const TlsClient& tls_;
  const Clock& clock_;
  GatherOptions options_;
  MailHosts mail_hosts_;
  std::deque<Waiting> waiting_;
  std::size_t asking_dns_ = 0;
};

// One domain; it lives until its last exchange is over.
class Gatherer::Engine::Run : public std::enable_shared_from_this<Run> {
 public:
  Run(std::shared_ptr<Engine> engine, std::function<void(Facts)> done)
      : engine_(std::move(engine)),
        done_(std::move(done)),
        total_(Deadline::in(engine_->options_.total_deadline)) {}

  void on_dns(const DomainName& domain, DnsResult dns) {
    facts_.domain = domain.text();
    facts_.dns = std::move(dns.facts);
    facts_.rua = std::move(dns.rua);
    facts_.conditions.now = engine_->clock_.now();
    facts_.conditions.resolver_answers = dns.resolver_answers;
    facts_.conditions.resolver_validates = dns.resolver_validates;
    facts_.conditions.private_allowed = engine_->options_.private_allowed;
    facts_.conditions.has_ipv4 = has_route("192.0.2.1");
    facts_.conditions.has_ipv6 = has_route("2001:db8::1");
    if (engine_->options_.before_connections) {
      engine_->options_.before_connections(connections_limit());
    }
    ++open_;
    ask_policy_host();
    if (!engine_->options_.publishing_only) {
      ask_mail_hosts();
      ask_report_hosts();
    }
    finish_one();
  }

 private:
  [[nodiscard]] std::size_t connections_limit() const {
    // The domain's own address is asked for a policy too, a report's endpoint twice.
    std::size_t addresses = 1 + 2 * facts_.rua.size();
    for (const check::HostFact& host : facts_.dns.hosts) {
      addresses += host.addresses.size();
    }
    return addresses;
  }

  // `work` fills a value of its own on a worker; `take` puts it into the facts on the loop.
  template <typename Work, typename Take>
  void start(Work work, Take take) {
    ++open_;
    using Value = decltype(work());
    auto value = std::make_shared<Value>();
    run_on_worker(
        engine_->loop_, [value, work] { *value = work(); },
        [self = shared_from_this(), value, take] {
          take(self->facts_, std::move(*value));
          self->finish_one();
        });
  }

  HttpsTarget policy_target(const std::string& address) const {
    HttpsTarget target;
    target.host = "mta-sts." + facts_.domain;
    target.path = publish::policy_path;
    target.user_agent = own_user_agent;
    target.endpoint = {.address = *IpAddress::parse(address), .port = engine_->options_.https_port};
    return target;
  }

  void ask_policy_host() {
    const check::HostFact* host = facts_.dns.host("mta-sts." + facts_.domain);
    if (host == nullptr) {
      return;
    }
    bool is_first = true;
    for (const std::string& address : host->addresses) {
      HttpsFact fact;
      fact.host = host->name;
      fact.address = address;
      fact.path = publish::policy_path;
      const std::size_t index = facts_.https.by_address.size();
      const bool is_forbidden_address = is_forbidden(*host, address, engine_->options_.private_allowed);
      if (is_forbidden_address) {
        fact.reach = Reach::forbidden_address;
      }
      facts_.https.by_address.push_back(std::move(fact));
      if (is_forbidden_address) {
        continue;
      }
      if (is_first && !engine_->options_.publishing_only) {
        ask_all(index, address);
      } else {
        ask_for_policy(index, address);
      }
      is_first = false;
    }
    if (!is_first && !engine_->options_.publishing_only) {
      ask_elsewhere();
    }
  }

  void ask_for_policy(std::size_t index, const std::string& address) {
    start(
        [target = policy_target(address), &tls = engine_->tls_, limit = engine_->limit(total_)] {
          return probe_https({&target, 1}, tls, limit);
        },
        [index](Facts& facts, std::vector<HttpsFact> seen) {
          put_first(seen, facts.https.by_address[index]);
        });
  }

  // One address says more: other User-Agents, HEAD, other paths, TLS without SNI, versions.
  void ask_all(std::size_t index, const std::string& address) {
    start([target = policy_target(address), &tls = engine_->tls_,
           limit = engine_->limit(total_)] { return probe_policy_host(target, tls, limit); },
          [index](Facts& facts, check::HttpsFacts seen) {
            put_first(seen.by_address, facts.https.by_address[index]);
            facts.https.by_user_agent = std::move(seen.by_user_agent);
            std::ranges::move(seen.elsewhere, std::back_inserter(facts.https.elsewhere));
            facts.https.head = std::move(seen.head);
            facts.https.without_sni = std::move(seen.without_sni);
            facts.https.tls_versions = std::move(seen.tls_versions);
          });
  }

  void ask_elsewhere() {
    const check::HostFact* host = facts_.dns.host(facts_.domain);
    if (host == nullptr || host->addresses.empty() ||
        is_forbidden(*host, host->addresses.front(), engine_->options_.private_allowed)) {
      return;
    }
    HttpsTarget target = policy_target(host->addresses.front());
    target.host = facts_.domain;
    start(
        [target, &tls = engine_->tls_, limit = engine_->limit(total_)] {
          return probe_https({&target, 1}, tls, limit);
        },
        [](Facts& facts, std::vector<HttpsFact> seen) {
          put_first(seen, facts.https.elsewhere.emplace_back());
        });
  }

  void ask_mail_hosts() {
    std::vector<check::MxHostFact> mail_hosts = facts_.dns.mx;
    if (mail_hosts.empty() && facts_.dns.mx_status == DnsStatus::no_data) {
      mail_hosts.push_back({.preference = 0, .name = facts_.domain});
    }
    const std::size_t rank_limit = mail_rank_limit(mail_hosts);
    std::size_t asked = 0;
    for (const check::MxHostFact& mx : mail_hosts) {
      const check::HostFact* host = facts_.dns.host(mx.name);
      for (std::size_t i = 0; host != nullptr && i < host->addresses.size(); ++i) {
        const bool is_in_turn = i < rank_limit && asked < mail_addresses_limit;
        asked += is_in_turn ? 1 : 0;
        ask_mail_host(mx, *host, host->addresses[i], is_in_turn);
      }
    }
  }

  // A stranger's domain must not turn this machine against others: of many addresses each host's first ones
  // are asked, as many of each as the limit allows.
  std::size_t mail_rank_limit(const std::vector<check::MxHostFact>& mail_hosts) const {
    std::size_t rank = 0;
    for (std::size_t asked = 0; asked <= mail_addresses_limit && rank < addresses_rank_end; ++rank) {
      for (const check::MxHostFact& mx : mail_hosts) {
        const check::HostFact* host = facts_.dns.host(mx.name);
        asked += host != nullptr && rank < host->addresses.size() ? 1 : 0;
      }
      if (asked > mail_addresses_limit) {
        break;
      }
    }
    return std::max<std::size_t>(rank, 1);
  }

  void ask_mail_host(const check::MxHostFact& mx, const check::HostFact& host, const std::string& address,
                     bool is_in_turn) {
    const std::size_t index = facts_.smtp.size();
    SmtpFact fact;
    fact.mx = mx.name;
    fact.preference = mx.preference;
    fact.address = address;
    const bool forbidden = is_forbidden(host, address, engine_->options_.private_allowed);
    fact.reach = forbidden ? Reach::forbidden_address : Reach::not_tried;
    facts_.smtp.push_back(std::move(fact));
    if (forbidden || !is_in_turn) {
      return;
    }
    SmtpTarget target;
    target.mx = mx.name;
    target.preference = mx.preference;
    target.endpoint = {.address = *IpAddress::parse(address), .port = engine_->options_.smtp_port};
    target.helo_name = engine_->options_.helo_name;
    ++open_;
    engine_->mail_hosts_.ask(
        target, engine_->limit(total_),
        [self = shared_from_this(), index, preference = mx.preference](const SmtpFact& seen) {
          self->facts_.smtp[index] = seen;
          self->facts_.smtp[index].preference = preference;  // the host may be shared, its place is not
          self->finish_one();
        });
  }

  void ask_report_hosts() {
    for (std::size_t i = 0; i < facts_.rua.size(); ++i) {
      const check::RuaFact& rua = facts_.rua[i];
      const bool is_mailbox = ascii::starts_with_ignoring_case(rua.uri, "mailto:");
      const bool has_mx = is_mailbox && !rua.mx.empty();
      const check::HostFact* host = facts_.dns.host(has_mx ? rua.mx.front().name : rua.host);
      if (host == nullptr || host->addresses.empty() ||
          is_forbidden(*host, host->addresses.front(), engine_->options_.private_allowed)) {
        continue;
      }
      const IpAddress address = *IpAddress::parse(host->addresses.front());
      if (!is_mailbox) {
        ask_endpoint(i, rua.host, address);
      } else if (engine_->options_.probe_rcpt) {
        ask_mailbox(i, host->name, address);
      }
    }
  }

  void ask_endpoint(std::size_t index, const std::string& host, const IpAddress& address) {
    const Endpoint endpoint{.address = address, .port = engine_->options_.https_port};
    const TlsWish wish{.server_name = host};
    start([endpoint, wish, &tls = engine_->tls_,
           limit = engine_->limit(total_)] { return probe_tls(endpoint, wish, tls, limit.begin()); },
          [index](Facts& facts, std::optional<TlsFact> fact) { facts.rua[index].tls = std::move(fact); });
    if (!engine_->options_.probe_post) {
      return;
    }
    HttpsTarget target;
    target.host = host;
    const std::string& uri = facts_.rua[index].uri;
    const auto slash = uri.find('/', std::string_view("https://").size());
    target.path = slash == std::string::npos ? "/" : uri.substr(slash);
    target.method = "POST";
    target.user_agent = own_user_agent;
    target.endpoint = endpoint;
    start(
        [target, &tls = engine_->tls_, limit = engine_->limit(total_)] {
          return probe_https({&target, 1}, tls, limit);
        },
        [index](Facts& facts, std::vector<HttpsFact> seen) {
          HttpsFact fact;
          put_first(seen, fact);
          facts.rua[index].post_status = fact.status;
        });
  }

  void ask_mailbox(std::size_t index, const std::string& mx, const IpAddress& address) {
    SmtpTarget target;
    target.mx = mx;
    target.endpoint = {.address = address, .port = engine_->options_.smtp_port};
    target.helo_name = engine_->options_.helo_name;
    const std::string& uri = facts_.rua[index].uri;
    const auto begin = std::string_view("mailto:").size();
    const std::string mailbox = uri.substr(begin, uri.find('?') - begin);
    start([target, mailbox, &tls = engine_->tls_,
           limit = engine_->limit(total_)] { return probe_recipient(target, mailbox, tls, limit); },
          [index](Facts& facts, std::string reply) { facts.rua[index].rcpt_reply = std::move(reply); });
  }

  // Where every mail host is silent it is this network that closes port 25 (or all are down): not testable
  // either way.
  void judge_port_25() {
    const auto silent = std::ranges::count(facts_.smtp, Reach::timeout, &SmtpFact::reach);
    const auto untried = std::ranges::count(facts_.smtp, Reach::not_tried, &SmtpFact::reach);
    if (silent > 0 && silent + untried == std::ranges::ssize(facts_.smtp)) {
      facts_.conditions.port_25_open = false;
      for (SmtpFact& fact : facts_.smtp) {
        fact.reach = Reach::port_blocked;
      }
    }
  }

  // A peer that answered, if only to refuse, says more than the routing table.
  void judge_families() {
    const auto note = [this](const std::string& address, Reach reach) {
      bool& has_family =
          address.find(':') == std::string::npos ? facts_.conditions.has_ipv4 : facts_.conditions.has_ipv6;
      has_family = has_family || reach == Reach::connected || reach == Reach::refused;
    };
    for (const HttpsFact& fact : facts_.https.by_address) {
      note(fact.address, fact.reach);
    }
    for (const SmtpFact& fact : facts_.smtp) {
      note(fact.address, fact.reach);
    }
  }

  void finish_one() {
    if (--open_ > 0) {
      return;
    }
    judge_port_25();
    judge_families();
    for (const HttpsFact& fact : facts_.https.by_address) {
      if (!facts_.conditions.clock_offset) {
        facts_.conditions.clock_offset = clock_offset(fact, facts_.conditions.now);
      }
    }
    const auto done = std::move(done_);
    done(std::move(facts_));
  }

  std::shared_ptr<Engine> engine_;
  std::function<void(Facts)> done_;
  Deadline total_;
  Facts facts_;
  std::size_t open_ = 0;
};

void Gatherer::Engine::gather(const DomainName& domain, std::vector<std::string> subdomains,
                              std::function<void(Facts)> done) {
  waiting_.push_back({.domain = domain, .subdomains = std::move(subdomains), .done = std::move(done)});
  begin_waiting();
}

void Gatherer::Engine::begin_waiting() {
  while (asking_dns_ < dns_at_once && !waiting_.empty()) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    begin(std::move(next));
  }
}

// The domain's time begins here: what waits for its turn is not slow.
void Gatherer::Engine::begin(Waiting waiting) {
  ++asking_dns_;
  auto run = std::make_shared<Run>(shared_from_this(), std::move(waiting.done));
  DnsWish wish{.domain = waiting.domain,
               .random_label = options_.random_label,
               .subdomains = std::move(waiting.subdomains),
               .private_allowed = options_.private_allowed,
               .publishing_only = options_.publishing_only};
  gather_dns(dns_, std::move(wish), [self = shared_from_this(), run, domain = waiting.domain](DnsResult dns) {
    --self->asking_dns_;
    run->on_dns(domain, std::move(dns));
    self->begin_waiting();
  });
}

Gatherer::Gatherer(uv_loop_t* loop, const DnsSources& dns, const TlsClient& tls, const Clock& clock,
                   GatherOptions options)
    : engine_(std::make_shared<Engine>(loop, dns, tls, clock, std::move(options))) {}

Gatherer::~Gatherer() = default;

void Gatherer::gather(const DomainName& domain, std::vector<std::string> subdomains,
                      std::function<void(Facts)> done) {
  engine_->gather(domain, std::move(subdomains), std::move(done));
}

}  // namespace mta_sts::probe
