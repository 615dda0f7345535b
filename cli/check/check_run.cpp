#include "cli/check/check_run.hpp"

#include <curl/curl.h>
#include <netdb.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include "base/handle.hpp"
#include "base/utf8.hpp"
#include "os/uv_loop.hpp"
#include "probe/dns_gatherer.hpp"
#include "sender/dns/stub_resolver.hpp"

namespace mta_sts::cli {
namespace {

// Connections wait for the network, not for a processor: many more of them than cores are of use. A thread
// that has nothing to do costs half a millisecond.
constexpr std::size_t workers_a_domain = 24;
constexpr std::size_t workers_limit = 96;
constexpr std::size_t authorities_limit = 1000;
constexpr rlim_t descriptors_wanted = 8192;

// Many domains at once need more descriptors than the usual soft limit of 1,024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, descriptors_wanted));
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// A label that nobody has, so that only a wildcard answers for it.
std::string random_label() {
  std::random_device random;
  std::string label = "q";
  for (int i = 0; i < 12; ++i) {
    label += static_cast<char>('a' + random() % 26);
  }
  return label;
}

// The name that this host has in DNS or /etc/hosts; none where it has no more than a single label, which mail
// hosts refuse.
std::string own_host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) {
    return {};
  }
  std::string full = name.data();
  if (full.find('.') == std::string::npos) {
    const addrinfo wish{.ai_flags = AI_CANONNAME,
                        .ai_family = AF_UNSPEC,
                        .ai_socktype = SOCK_STREAM,
                        .ai_protocol = 0,
                        .ai_addrlen = 0,
                        .ai_addr = nullptr,
                        .ai_canonname = nullptr,
                        .ai_next = nullptr};
    addrinfo* found = nullptr;
    if (getaddrinfo(name.data(), nullptr, &wish, &found) != 0) {
      return {};
    }
    const Handle<addrinfo, freeaddrinfo> owned(found);
    full = found->ai_canonname == nullptr ? "" : found->ai_canonname;
  }
  const auto parsed = DomainName::parse(full);
  const bool is_full =
      parsed && parsed->text().find('.') != std::string::npos && !parsed->text().ends_with(".localdomain");
  return is_full ? parsed->text() : std::string();
}

// What --helo may be: a host's name or an address literal (RFC 5321 section 4.1.3), and no command of its
// own.
std::expected<std::string, Fault> helo_of(const std::string& text) {
  if (text.empty()) {
    return own_host_name();
  }
  if (const auto name = DomainName::parse(text)) {
    return name->text();
  }
  if (text.starts_with('[') && text.ends_with(']')) {
    const std::string_view inside = std::string_view(text).substr(1, text.size() - 2);
    constexpr std::string_view v6 = "IPv6:";
    const auto address = IpAddress::parse(inside.starts_with(v6) ? inside.substr(v6.size()) : inside);
    if (address && address->is_v6() == inside.starts_with(v6)) {
      return text;
    }
  }
  return std::unexpected(Fault{"bad-option", "--helo \"" + text::escape_for_display(text) +
                                                 "\": not a host name, [192.0.2.1] or [IPv6:2001:db8::1]"});
}

// The name servers' own lookups, one for each address, made when first wanted.
class Authorities {
 public:
  explicit Authorities(uv_loop_t* loop) : loop_(loop) {}

  sender::DnsLookup* of(const IpAddress& address) {
    const auto known = lookups_.find(address);
    if (known != lookups_.end()) {
      return known->second.get();
    }
    if (lookups_.size() >= authorities_limit) {
      return nullptr;
    }
    sender::StubResolverOptions options;
    options.servers = {sender::DnsServer{.address = address, .zone = {}}};
    options.recursion_desired = false;
    return lookups_.emplace(address, std::make_unique<sender::StubResolver>(loop_, std::move(options)))
        .first->second.get();
  }

 private:
  uv_loop_t* loop_;
  std::map<IpAddress, std::unique_ptr<sender::StubResolver>> lookups_;
};

// Keeps a window of targets under way and hands results out in order.
class Window {
 public:
  Window(probe::Gatherer& gatherer, const CheckRunOptions& options, const std::vector<CheckTarget>& targets,
         const std::function<void(std::size_t, check::Facts)>& take)
      : gatherer_(gatherer), options_(options), targets_(targets), take_(take) {}

  [[nodiscard]] bool is_done() const { return given_ == targets_.size(); }

  void fill() {
    while (next_ < targets_.size() && next_ - given_ < options_.domains_at_once) {
      const std::size_t index = next_++;
      gatherer_.gather(targets_[index].domain, options_.subdomains, [this, index](check::Facts facts) {
        ready_.emplace(index, std::move(facts));
        hand_out();
      });
    }
  }

 private:
  void hand_out() {
    for (auto first = ready_.begin(); first != ready_.end() && first->first == given_;
         first = ready_.begin()) {
      take_(first->first, std::move(first->second));
      ready_.erase(first);
      ++given_;
    }
    fill();
  }

  probe::Gatherer& gatherer_;
  const CheckRunOptions& options_;
  const std::vector<CheckTarget>& targets_;
  const std::function<void(std::size_t, check::Facts)>& take_;
  std::map<std::size_t, check::Facts> ready_;
  std::size_t next_ = 0;
  std::size_t given_ = 0;
};

}  // namespace

std::expected<void, Fault> gather_all(const CheckRunOptions& options, const std::vector<CheckTarget>& targets,
                                      const std::function<void(std::size_t, check::Facts)>& take) {
  raise_descriptor_limit();
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return std::unexpected(Fault{"lookup-unusable", "libcurl cannot be set up; is there enough memory?"});
  }
  const auto helo = helo_of(options.gather.helo_name);
  if (!helo) {
    return std::unexpected(helo.error());
  }
  auto tls = probe::TlsClient::create(options.ca_file);
  if (!tls) {
    return std::unexpected(tls.error());
  }
  const auto loop = UvLoop::create();
  if (!loop) {
    return std::unexpected(
        Fault{"loop-failed", "the event loop cannot be created; are too many files open?"});
  }
  sender::StubResolverOptions checking;
  checking.servers = options.dns_servers;
  sender::StubResolverOptions unchecked = checking;
  unchecked.checking_disabled = true;
  sender::StubResolver resolver(loop->get(), std::move(checking));
  sender::StubResolver without_checking(loop->get(), std::move(unchecked));
  Authorities authorities(loop->get());
  const probe::DnsSources dns{.resolver = &resolver,
                              .without_checking = &without_checking,
                              .authority = [&](const IpAddress& address) { return authorities.of(address); }};
  const SystemClock clock;
  probe::GatherOptions gather = options.gather;
  gather.random_label = random_label();
  gather.helo_name = *helo;
  gather.before_connections = [domains = targets.size()](std::size_t connections) {
    const std::size_t most = std::min(domains * workers_a_domain, workers_limit);
    const std::size_t workers = domains == 1 ? std::clamp<std::size_t>(connections, 1, most) : most;
    setenv("UV_THREADPOOL_SIZE", std::to_string(workers).c_str(), 0);  // libuv reads it once
  };
  probe::Gatherer gatherer(loop->get(), dns, *tls, clock, gather);
  Window window(gatherer, options, targets, take);
  window.fill();
  // The loop itself would go on until the last timer of the name servers' lookups.
  while (!window.is_done() && loop->run_once()) {
  }
  return {};
}

}  // namespace mta_sts::cli
