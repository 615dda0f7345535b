#include "cli/store/leading_hosts.hpp"

#include <uv.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/domain_name.hpp"
#include "base/utf8.hpp"
#include "check/case.hpp"
#include "cli/progress.hpp"
#include "os/uv_loop.hpp"
#include "sender/dns/stub_resolver.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::size_t names_at_once = 32;

// What DNS said of a name's addresses; nothing where it did not say.
using Addresses = std::optional<std::vector<IpAddress>>;

// The addresses of names, several at once, each given to `take` with its number as soon as it is known.
class AddressLookups {
 public:
  AddressLookups(sender::DnsLookup& dns, const std::vector<std::string>& names,
                 std::function<void(std::size_t, Addresses)> take)
      : dns_(dns), names_(names), take_(std::move(take)) {}

  [[nodiscard]] bool is_done() const { return next_ == names_.size() && open_ == 0; }

  // Asks about further names. Where an answer comes at once this is not called from within itself.
  void fill() {
    while (next_ < names_.size() && open_ < names_at_once) {
      begin(next_++);
    }
  }

 private:
  struct Both {
    Addresses addresses = std::vector<IpAddress>();
    int open = 2;
  };

  void begin(std::size_t index) {
    ++open_;
    const auto both = std::make_shared<Both>();
    for (const sender::DnsType type : {sender::DnsType::a, sender::DnsType::aaaa}) {
      dns_.lookup(names_[index], type, [this, index, both](const sender::DnsAnswer& answer) {
        add(*both, answer);
        if (--both->open == 0) {
          --open_;
          take_(index, std::move(both->addresses));
        }
      });
    }
  }

  static void add(Both& both, const sender::DnsAnswer& answer) {
    if (check::lookup_failed(answer.status)) {
      both.addresses.reset();
    }
    for (const sender::DnsData& data : answer.records) {
      const auto* address = std::get_if<IpAddress>(&data);
      if (address != nullptr && both.addresses) {
        both.addresses->push_back(*address);
      }
    }
  }

  sender::DnsLookup& dns_;
  const std::vector<std::string>& names_;
  std::function<void(std::size_t, Addresses)> take_;
  std::size_t next_ = 0;
  std::size_t open_ = 0;
};

void look_up(UvLoop& loop, sender::DnsLookup& dns, const std::vector<std::string>& names,
             std::function<void(std::size_t, Addresses)> take) {
  AddressLookups lookups(dns, names, std::move(take));
  lookups.fill();
  while (!lookups.is_done() && loop.run_once()) {
    lookups.fill();
  }
}

std::expected<std::set<IpAddress>, Fault> addresses_of_places(UvLoop& loop, sender::DnsLookup& dns,
                                                              const std::vector<std::string>& places) {
  std::set<IpAddress> all;
  std::vector<std::string> names;
  for (const std::string& place : places) {
    if (const auto address = IpAddress::parse(place)) {
      all.insert(*address);
    } else {
      names.push_back(place);
    }
  }
  std::optional<Fault> fault;
  look_up(loop, dns, names, [&](std::size_t index, const Addresses& found) {
    if (!found || found->empty()) {
      fault = Fault{"dns-failure",
                    names[index] + (found ? ": has no address" : ": DNS did not tell its addresses")};
      return;
    }
    all.insert(found->begin(), found->end());
  });
  if (fault) {
    return std::unexpected(*fault);
  }
  return all;
}

}  // namespace

std::string fault_of_place(const std::string& word) {
  return IpAddress::parse(word) || DomainName::parse(word)
             ? ""
             : text::quote_for_display(word) + ": not a host name, IPv4 or IPv6 address";
}

std::expected<std::size_t, Fault> keep_leading_hosts(const PlaceWish& wish, std::vector<std::string>& hosts) {
  const auto loop = UvLoop::create();
  if (!loop) {
    return std::unexpected(
        Fault{"loop-failed", "the event loop cannot be created; are too many files open?"});
  }
  sender::StubResolverOptions options;
  options.servers = wish.dns_servers;
  sender::StubResolver dns(loop->get(), std::move(options));
  const auto wanted = addresses_of_places(*loop, dns, wish.places);
  if (!wanted) {
    return std::unexpected(wanted.error());
  }
  std::vector<bool> leads(hosts.size());
  std::size_t unknown_count = 0;
  Progress progress("hosts", hosts.size());
  look_up(*loop, dns, hosts, [&](std::size_t index, const Addresses& found) {
    progress.step();
    unknown_count += found ? 0 : 1;
    leads[index] = found && !found->empty() && std::ranges::all_of(*found, [&](const IpAddress& address) {
                     return wanted->contains(address);
                   });
  });
  std::vector<std::string> kept;
  for (std::size_t index = 0; index < hosts.size(); ++index) {
    if (leads[index]) {
      kept.push_back(std::move(hosts[index]));
    }
  }
  hosts = std::move(kept);
  return unknown_count;
}

}  // namespace mta_sts::cli
