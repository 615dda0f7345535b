#include "probe/dns_gatherer.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "base/ascii.hpp"
#include "base/hex.hpp"
#include "check/case.hpp"

namespace mta_sts::probe {
namespace {

using check::AuthorityFact;
using check::HostFact;
using check::MxHostFact;
using check::RuaFact;
using check::TxtFact;

constexpr std::size_t addresses_limit = check::address_facts_limit;
constexpr std::size_t authorities_limit = 13;
constexpr std::size_t rua_limit = 8;

// A name whose answer every validating resolver can authenticate: its zone has been signed since 2009.
constexpr std::string_view signed_name = "org";

TxtFact to_txt_fact(std::string name, const sender::DnsAnswer& answer) {
  TxtFact fact;
  fact.name = std::move(name);
  fact.answer = sender::to_txt_answer(answer);
  fact.ttl_seconds = static_cast<std::uint32_t>(std::clamp<std::int64_t>(answer.ttl.count(), 0, 0x7FFFFFFF));
  fact.cname_chain = answer.aliases;
  fact.authenticated = answer.authenticated;
  return fact;
}

std::string to_text(const sender::TlsaData& data) {
  return std::to_string(data.usage) + " " + std::to_string(data.selector) + " " +
         std::to_string(data.matching_type) + " " + text::to_hex(data.association);
}

// The host that a report URI leads to: a mailbox's domain, or an https host without port.
std::string host_of_uri(std::string_view uri) {
  if (ascii::starts_with_ignoring_case(uri, "mailto:")) {
    const auto at = uri.rfind('@');
    return at == std::string_view::npos ? ""
                                        : ascii::to_lower(uri.substr(at + 1, uri.find('?', at) - at - 1));
  }
  uri.remove_prefix(std::min(uri.size(), std::string_view("https://").size()));
  return ascii::to_lower(uri.substr(0, uri.find_first_of("/:?#")));
}

// One domain's questions; it lives until the last answer came.
class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(const DnsSources& sources, DnsWish wish, std::function<void(DnsResult)> done)
      : sources_(sources), wish_(std::move(wish)), done_(std::move(done)) {}

  void start() {
    const Holder whole = hold();
    const std::string& domain = wish_.domain.text();
    ask_record();
    if (wish_.publishing_only) {
      ask_for_publishing(domain);
      return;
    }
    ask_txt("_smtp._tls." + domain, [](Gathering& g, TxtFact fact) { g.on_tlsrpt(std::move(fact)); });
    ask_txt("_mta-sts-" + wish_.random_label + "." + domain,
            [](Gathering& g, TxtFact fact) { g.result_.facts.sibling = std::move(fact); });
    for (const std::string& name : {"_mta_sts." + domain, "mta-sts." + domain, domain,
                                    "_mta-sts." + domain + "." + domain, "_mta-sts.www." + domain}) {
      ask_txt(name, [](Gathering& g, TxtFact fact) { g.result_.facts.misplaced.push_back(std::move(fact)); });
    }
    for (const std::string& name : {"_smtp-tlsrpt." + domain, "_tlsrpt." + domain, "_smtp-tls." + domain}) {
      ask_txt(name, [](Gathering& g, TxtFact fact) {
        g.result_.facts.tlsrpt_misplaced.push_back(std::move(fact));
      });
    }
    for (const std::string& name : wish_.subdomains) {
      ask_txt("_mta-sts." + name,
              [](Gathering& g, TxtFact fact) { g.result_.facts.subdomains.push_back(std::move(fact)); });
    }
    ask_host("mta-sts." + domain);
    ask_host(domain);
    ask_mx();
    ask_authorities(domain);
    ask(signed_name, sender::DnsType::ns, [](Gathering& g, const sender::DnsAnswer& answer) {
      g.result_.resolver_validates = answer.authenticated;  // a signed "no such name" counts too
    });
  }

 private:
  using Take = void (*)(Gathering&, TxtFact);

  // As long as one exists, the gathering is not over.
  struct Holder {
    std::shared_ptr<Gathering> gathering;
    explicit Holder(std::shared_ptr<Gathering> g) : gathering(std::move(g)) { ++gathering->open_; }
    Holder(const Holder& other) : gathering(other.gathering) { ++gathering->open_; }
    Holder& operator=(const Holder&) = delete;
    ~Holder() {
      if (--gathering->open_ == 0) {
        gathering->finish();
      }
    }
  };

  Holder hold() { return Holder(shared_from_this()); }

  // A panel asks this of all its domains: as little as tells whether a policy is published.
  void ask_for_publishing(const std::string& domain) {
    ask_txt("_smtp._tls." + domain,
            [](Gathering& g, TxtFact fact) { g.result_.facts.tlsrpt = std::move(fact); });
    ask_host("mta-sts." + domain);
    ask(domain, sender::DnsType::mx,
        [](Gathering& g, const sender::DnsAnswer& answer) { g.take_mx(answer); });
  }

  template <typename Then>
  void ask_from(sender::DnsLookup& lookup, std::string_view name, sender::DnsType type, Then then) {
    lookup.lookup(name, type, [holder = hold(), then](const sender::DnsAnswer& answer) {
      const bool answered = answer.status != DnsStatus::timeout;
      holder.gathering->result_.resolver_answers = holder.gathering->result_.resolver_answers || answered;
      then(*holder.gathering, answer);
    });
  }

  template <typename Then>
  void ask(std::string_view name, sender::DnsType type, Then then) {
    ask_from(*sources_.resolver, name, type, std::move(then));
  }

  void ask_txt(const std::string& name, Take take) {
    ask(name, sender::DnsType::txt,
        [name, take](Gathering& g, const sender::DnsAnswer& answer) { take(g, to_txt_fact(name, answer)); });
  }

  void ask_record() {
    const std::string name = "_mta-sts." + wish_.domain.text();
    ask(name, sender::DnsType::txt, [name](Gathering& g, const sender::DnsAnswer& answer) {
      g.result_.facts.sts = to_txt_fact(name, answer);
      if (answer.status == DnsStatus::serv_fail && g.sources_.without_checking != nullptr) {
        g.ask_from(*g.sources_.without_checking, name, sender::DnsType::txt,
                   [](Gathering& inner, const sender::DnsAnswer& unchecked) {
                     inner.result_.facts.sts_without_dnssec = unchecked.status;
                   });
      }
    });
  }

  void ask_host(const std::string& name) {
    if (!hosts_asked_.insert(name).second || !DomainName::parse(name)) {
      return;
    }
    for (const sender::DnsType type : {sender::DnsType::a, sender::DnsType::aaaa}) {
      ask(name, type, [name, type](Gathering& g, const sender::DnsAnswer& answer) {
        g.on_addresses(name, type, answer);
      });
    }
  }

  void on_addresses(const std::string& name, sender::DnsType type, const sender::DnsAnswer& answer) {
    auto& hosts = result_.facts.hosts;
    auto host = std::ranges::find(hosts, name, &HostFact::name);
    if (host == hosts.end()) {
      hosts.push_back({});
      host = hosts.end() - 1;
      host->name = name;
    }
    (type == sender::DnsType::a ? host->a_status : host->aaaa_status) = answer.status;
    if (host->cname_chain.empty()) {
      host->cname_chain = answer.aliases;
    }
    if (!answer.records.empty()) {
      host->authenticated = host->authenticated.value_or(true) && answer.authenticated;
    }
    for (const sender::DnsData& data : answer.records) {
      const auto* address = std::get_if<IpAddress>(&data);
      if (address == nullptr || host->addresses.size() >= addresses_limit) {
        continue;
      }
      // IPv4 first, whichever answer came first.
      const auto at = type == sender::DnsType::a
                          ? std::ranges::find_if(
                                host->addresses,
                                [](const std::string& text) { return text.find(':') != std::string::npos; })
                          : host->addresses.end();
      host->addresses.insert(at, address->to_text());
      if (!address->is_public()) {
        host->not_public.push_back(address->to_text());
      }
    }
  }

  void ask_mx() {
    const std::string& domain = wish_.domain.text();
    ask(domain, sender::DnsType::mx, [](Gathering& g, const sender::DnsAnswer& answer) { g.on_mx(answer); });
    ask(wish_.random_label + "." + domain, sender::DnsType::mx,
        [](Gathering& g, const sender::DnsAnswer& answer) {
          if (!check::lookup_failed(answer.status)) {
            g.result_.facts.has_wildcard_mx = !answer.records.empty();
          }
        });
  }

  static std::vector<MxHostFact> to_mx(const sender::DnsAnswer& answer) {
    std::vector<MxHostFact> mx;
    for (const sender::DnsData& data : answer.records) {
      if (const auto* record = std::get_if<sender::MxData>(&data);
          record != nullptr && mx.size() < check::mx_facts_limit) {
        const auto behind = std::ranges::upper_bound(mx, record->preference, {}, &MxHostFact::preference);
        mx.insert(behind, {.preference = record->preference, .name = record->host});
      }
    }
    return mx;
  }

  void take_mx(const sender::DnsAnswer& answer) {
    result_.facts.mx_status = answer.status;
    result_.facts.mx_authenticated = answer.authenticated;
    result_.facts.mx = to_mx(answer);
  }

  void on_mx(const sender::DnsAnswer& answer) {
    take_mx(answer);
    std::vector<std::string> names;
    for (const MxHostFact& mx : result_.facts.mx) {
      if (!mx.name.empty()) {
        names.push_back(mx.name);
      }
    }
    if (result_.facts.mx.empty() && answer.status == DnsStatus::no_data) {
      names.push_back(wish_.domain.text());  // the implicit MX, RFC 5321 section 5.1
    }
    for (const std::string& name : names) {
      ask_host(name);
      ask_txt("_smtp._tls." + name,
              [](Gathering& g, TxtFact fact) { g.result_.facts.tlsrpt_of_mx.push_back(std::move(fact)); });
      ask("_25._tcp." + name, sender::DnsType::tlsa,
          [name](Gathering& g, const sender::DnsAnswer& tlsa) { g.on_tlsa(name, tlsa); });
    }
  }

  void on_tlsa(const std::string& mx, const sender::DnsAnswer& answer) {
    check::TlsaFact fact;
    fact.mx = mx;
    fact.status = answer.status;
    fact.authenticated = answer.authenticated;
    for (const sender::DnsData& data : answer.records) {
      if (const auto* record = std::get_if<sender::TlsaData>(&data)) {
        fact.records.push_back(to_text(*record));
      }
    }
    result_.facts.tlsa.push_back(std::move(fact));
  }

  void on_tlsrpt(TxtFact fact) {
    const TlsRptRecord record = parse_tlsrpt_answer(fact.answer);
    result_.facts.tlsrpt = std::move(fact);
    for (const std::string& uri : record.rua) {
      if (result_.rua.size() >= rua_limit) {
        break;
      }
      RuaFact rua;
      rua.uri = uri;
      rua.host = host_of_uri(uri);
      const std::size_t index = result_.rua.size();
      const std::string host = rua.host;
      result_.rua.push_back(std::move(rua));  // first: an answer may come at once
      ask_host(host);
      if (DomainName::parse(host)) {
        ask(host, sender::DnsType::mx, [index](Gathering& g, const sender::DnsAnswer& answer) {
          g.result_.rua[index].mx_status = answer.status;
          g.result_.rua[index].mx = to_mx(answer);
        });
      }
    }
  }

  // The zone may begin above the domain: its name servers are those of the nearest name that has some.
  void ask_authorities(const std::string& zone) {
    ask(zone, sender::DnsType::ns, [zone](Gathering& g, const sender::DnsAnswer& answer) {
      std::size_t count = 0;
      for (const sender::DnsData& data : answer.records) {
        if (const auto* server = std::get_if<std::string>(&data);
            server != nullptr && count++ < authorities_limit) {
          g.ask_server(zone, *server);
        }
      }
      const auto dot = zone.find('.');
      if (count == 0 && answer.status == DnsStatus::no_data && dot != std::string::npos &&
          zone.find('.', dot + 1) != std::string::npos) {
        g.ask_authorities(zone.substr(dot + 1));
      }
    });
  }

  void ask_server(const std::string& zone, const std::string& server) {
    if (!DomainName::parse(server)) {
      return;
    }
    for (const sender::DnsType type : {sender::DnsType::a, sender::DnsType::aaaa}) {
      ask(server, type, [zone, server](Gathering& g, const sender::DnsAnswer& answer) {
        for (const sender::DnsData& data : answer.records) {
          if (const auto* address = std::get_if<IpAddress>(&data)) {
            g.ask_server_at(zone, server, *address);
          }
        }
      });
    }
  }

  void ask_server_at(const std::string& zone, const std::string& server, const IpAddress& address) {
    if ((!address.is_public() && !wish_.private_allowed) ||
        result_.facts.authorities.size() >= addresses_limit || !sources_.authority) {
      return;
    }
    sender::DnsLookup* const lookup = sources_.authority(address);
    if (lookup == nullptr) {
      return;
    }
    const std::size_t index = result_.facts.authorities.size();
    AuthorityFact fact;
    fact.server = server;
    fact.address = address.to_text();
    result_.facts.authorities.push_back(std::move(fact));
    const std::string owner = "_mta-sts." + wish_.domain.text();
    ask_from(*lookup, owner, sender::DnsType::txt, [index](Gathering& g, const sender::DnsAnswer& answer) {
      AuthorityFact& authority = g.result_.facts.authorities[index];
      authority.answer = sender::to_txt_answer(answer);
      authority.ttl_seconds = to_txt_fact("", answer).ttl_seconds;
    });
    ask_from(*lookup, zone, sender::DnsType::soa, [index](Gathering& g, const sender::DnsAnswer& answer) {
      for (const sender::DnsData& data : answer.records) {
        if (const auto* soa = std::get_if<sender::SoaData>(&data)) {
          g.result_.facts.authorities[index].serial = soa->serial;
        }
      }
    });
  }

  void finish() {
    const auto done = std::move(done_);
    done(std::move(result_));
  }

  DnsSources sources_;
  DnsWish wish_;
  std::function<void(DnsResult)> done_;
  DnsResult result_;
  std::set<std::string> hosts_asked_;
  std::size_t open_ = 0;
};

}  // namespace

void gather_dns(const DnsSources& sources, DnsWish wish, std::function<void(DnsResult)> done) {
  std::make_shared<Gathering>(sources, std::move(wish), std::move(done))->start();
}

}  // namespace mta_sts::probe
