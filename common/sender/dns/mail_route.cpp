#include "sender/dns/mail_route.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/guarded.hpp"
#include "sender/dns/tlsa.hpp"

namespace mta_sts::sender {
namespace {

bool is_failure(DnsStatus status) {
  return status != DnsStatus::no_error && status != DnsStatus::no_data && status != DnsStatus::nx_domain;
}

std::string key_of(const MailDestination& destination) {
  return destination.name.text() + (destination.host_itself ? "/" : ":") + std::to_string(destination.port);
}

/// Gives the hosts of an MX record set in the order of preference, each once; none for a null MX.
std::vector<MailHost> hosts_of(const DnsAnswer& answer) {
  std::vector<MailHost> hosts;
  for (const DnsData& data : answer.records) {
    if (const auto* mx = std::get_if<MxData>(&data); mx != nullptr && !mx->host.empty()) {
      const auto behind = std::ranges::upper_bound(hosts, mx->preference, {}, &MailHost::preference);
      hosts.insert(behind, {.name = mx->host, .preference = mx->preference});
    }
  }
  std::vector<MailHost> unique;
  for (MailHost& host : hosts) {
    if (std::ranges::find(unique, host.name, &MailHost::name) == unique.end()) {
      unique.push_back(std::move(host));
    }
  }
  return unique;
}

/// Remembers routes until their time is over. When it is full, what was not asked for since the last time
/// goes: two generations, of which the older one is dropped whole.
class RouteMemory {
 public:
  explicit RouteMemory(std::size_t limit) : generation_limit_(std::max<std::size_t>(limit / 2, 1)) {}

  const MailRoute* find(const std::string& key, std::chrono::sys_seconds now) {
    if (const auto young = young_.find(key); young != young_.end()) {
      return young->second.is_fresh(now) ? &young->second.route : nullptr;
    }
    const auto old = old_.find(key);
    if (old == old_.end() || !old->second.is_fresh(now)) {
      return nullptr;
    }
    Entry entry = std::move(old->second);
    old_.erase(old);
    return &put(key, std::move(entry));
  }

  void remember(const std::string& key, const MailRoute& route, std::chrono::sys_seconds now,
                std::chrono::seconds ttl) {
    put(key, {.route = route, .asked = now, .until = now + ttl});
  }

 private:
  struct Entry {
    MailRoute route;
    std::chrono::sys_seconds asked;
    std::chrono::sys_seconds until;

    // A clock set back ends it.
    [[nodiscard]] bool is_fresh(std::chrono::sys_seconds now) const { return asked <= now && now < until; }
  };
  using Map = std::unordered_map<std::string, Entry>;

  const MailRoute& put(const std::string& key, Entry entry) {
    if (young_.size() >= generation_limit_ && !young_.contains(key)) {
      old_ = std::exchange(young_, {});
    }
    return young_.insert_or_assign(key, std::move(entry)).first->second.route;
  }

  std::size_t generation_limit_;
  Map young_;
  Map old_;
};

}  // namespace

class MailRoutes::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(DnsLookup& dns, const Clock& clock, MailRouteOptions options)
      : dns_(dns), clock_(clock), options_(options), memory_(options.remembered) {}

  void find(const MailDestination& destination, Done done) {
    const std::string key = key_of(destination);
    if (const MailRoute* known = memory_.find(key, clock_.now())) {
      done(*known);
      return;
    }
    SearchPtr& search = searches_[key];
    if (search) {
      search->waiters.push_back(std::move(done));
      return;
    }
    search = std::make_shared<Search>(destination, key);
    search->ttl = options_.ttl_most;
    search->waiters.push_back(std::move(done));
    queue_.push_back(search);
    start();
  }

  [[nodiscard]] bool does_dane() const { return options_.dane; }

 private:
  struct Search {
    Search(MailDestination where, std::string name) : destination(std::move(where)), key(std::move(name)) {}

    MailDestination destination;
    std::string key;
    MailRoute route;
    std::chrono::seconds ttl{0};
    std::size_t open_hosts = 0;
    std::vector<Done> waiters;
  };
  using SearchPtr = std::shared_ptr<Search>;

  // Answers may come within the call; the outermost one goes through the queue then.
  void start() {
    if (std::exchange(starting_, true)) {
      return;
    }
    while (!queue_.empty() && running_ < options_.searches) {
      const SearchPtr search = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
      begin(search);
    }
    starting_ = false;
  }

  void begin(const SearchPtr& search) {
    const MailDestination& destination = search->destination;
    if (destination.host_itself) {
      search->route.hosts = {{.name = destination.name.text()}};
      ask_hosts(search, options_.dane);
      return;
    }
    ask(search, destination.name.text(), DnsType::mx,
        [](Core& core, const SearchPtr& mine, const DnsAnswer& answer) { core.on_mx(mine, answer); });
  }

  template <typename Take>
  void ask(const SearchPtr& search, const std::string& name, DnsType type, Take take) {
    dns_.lookup(name, type, [weak = weak_from_this(), search, take](const DnsAnswer& answer) {
      if (const auto self = weak.lock()) {
        take(*self, search, answer);
      }
    });
  }

  void on_mx(const SearchPtr& search, const DnsAnswer& answer) {
    if (is_failure(answer.status)) {
      search->route.failed = true;
      search->ttl = options_.ttl_least;
      finish(search);
      return;
    }
    search->ttl = std::min(search->ttl, answer.ttl);
    if (answer.status == DnsStatus::no_error) {
      search->route.hosts = hosts_of(answer);
      // RFC 7672 section 2.2.1, R123: behind MX records that anybody may have written there is no DANE.
      ask_hosts(search, options_.dane && answer.authenticated);
      return;
    }
    // RFC 5321 section 5.1, R118: without MX records the domain is its own host.
    search->route.hosts = {{.name = search->destination.name.text()}};
    ask_hosts(search, options_.dane);
  }

  void ask_hosts(const SearchPtr& search, bool with_dane) {
    std::vector<MailHost>& hosts = search->route.hosts;
    if (!with_dane || hosts.empty()) {
      finish(search);
      return;
    }
    for (std::size_t i = options_.dane_hosts; i < hosts.size(); ++i) {
      hosts[i].dane = HostDane::unknown;
    }
    const std::size_t asked = std::min(hosts.size(), options_.dane_hosts);
    search->open_hosts = asked;
    for (std::size_t i = 0; i < asked; ++i) {
      ask_address(search, i, DnsType::a);
    }
  }

  // RFC 7672 section 2.2.2: a host whose addresses are not secure has no DANE, and its TLSA records, which a
  // broken name server may not even answer for, are not asked for.
  void ask_address(const SearchPtr& search, std::size_t host, DnsType type) {
    ask(search, search->route.hosts[host].name, type,
        [host, type](Core& core, const SearchPtr& mine, const DnsAnswer& answer) {
          core.on_address(mine, host, type, answer);
        });
  }

  void on_address(const SearchPtr& search, std::size_t host, DnsType type, const DnsAnswer& answer) {
    if (is_failure(answer.status)) {
      settle(search, host, HostDane::unknown);
      return;
    }
    search->ttl = std::min(search->ttl, answer.ttl);
    if (answer.status == DnsStatus::no_data && type == DnsType::a) {
      ask_address(search, host, DnsType::aaaa);
    } else if (answer.status != DnsStatus::no_error) {
      settle(search, host, HostDane::none);
    } else if (answer.authenticated) {
      // RFC 7672 section 2.2.3: first under the name that an alias leads to, then under the host's own.
      ask_tlsa(search, host, answer.aliases.empty() ? "" : answer.aliases.back());
    } else if (!answer.aliases.empty()) {
      ask_alias(search, host);
    } else {
      settle(search, host, HostDane::none);
    }
  }

  // The addresses are not secure; the alias that leads to them may be.
  void ask_alias(const SearchPtr& search, std::size_t host) {
    ask(search, search->route.hosts[host].name, DnsType::cname,
        [host](Core& core, const SearchPtr& mine, const DnsAnswer& answer) {
          if (is_failure(answer.status)) {
            core.settle(mine, host, HostDane::unknown);
          } else if (answer.authenticated) {
            core.ask_tlsa(mine, host, "");
          } else {
            core.settle(mine, host, HostDane::none);
          }
        });
  }

  void ask_tlsa(const SearchPtr& search, std::size_t host, const std::string& alias) {
    const std::string& name = alias.empty() ? search->route.hosts[host].name : alias;
    ask(search, "_" + std::to_string(search->destination.port) + "._tcp." + name, DnsType::tlsa,
        [host, alias](Core& core, const SearchPtr& mine, const DnsAnswer& answer) {
          core.on_tlsa(mine, host, alias, answer);
        });
  }

  void on_tlsa(const SearchPtr& search, std::size_t host, const std::string& alias, const DnsAnswer& answer) {
    if (is_failure(answer.status)) {
      settle(search, host, HostDane::unknown);  // R122
      return;
    }
    search->ttl = std::min(search->ttl, answer.ttl);
    const bool found = answer.status == DnsStatus::no_error && answer.authenticated;
    if (!found && !alias.empty()) {
      ask_tlsa(search, host, "");
      return;
    }
    const bool usable = found && std::ranges::any_of(answer.records, [](const DnsData& data) {
                          const auto* record = std::get_if<TlsaData>(&data);
                          return record != nullptr && is_usable_for_smtp(*record);
                        });
    settle(search, host, usable ? HostDane::usable : HostDane::none);
  }

  void settle(const SearchPtr& search, std::size_t host, HostDane dane) {
    search->route.hosts[host].dane = dane;
    if (dane == HostDane::unknown) {
      search->ttl = options_.ttl_least;
    }
    if (--search->open_hosts == 0) {
      finish(search);
    }
  }

  void finish(const SearchPtr& search) {
    --running_;
    memory_.remember(search->key, search->route, clock_.now(),
                     std::clamp(search->ttl, options_.ttl_least, options_.ttl_most));
    searches_.erase(search->key);
    for (const Done& done : std::exchange(search->waiters, {})) {
      guarded_void([&] { done(search->route); });  // one asker's trouble is not the others'
    }
    start();
  }

  DnsLookup& dns_;
  const Clock& clock_;
  MailRouteOptions options_;
  RouteMemory memory_;
  std::unordered_map<std::string, SearchPtr> searches_;
  std::deque<SearchPtr> queue_;
  std::size_t running_ = 0;
  bool starting_ = false;
};

MailRoutes::MailRoutes(DnsLookup& dns, const Clock& clock, MailRouteOptions options)
    : core_(std::make_shared<Core>(dns, clock, options)) {}

MailRoutes::~MailRoutes() = default;

void MailRoutes::find(const MailDestination& destination, Done done) {
  core_->find(destination, std::move(done));
}

bool MailRoutes::does_dane() const {
  return core_->does_dane();
}

}  // namespace mta_sts::sender
