#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sender/dns_lookup.hpp"
#include "sender/fetch/fetch_facts.hpp"

namespace mta_sts::sender {

/// What DNS says of a Policy Host's addresses: two questions, whose answers come in any order.
class HostAddresses {
 public:
  /// Notes the answer to the question for `type`, DnsType::a or DnsType::aaaa. At most four addresses of a
  /// family are taken, and only public ones unless `allow_private`.
  void note(DnsType type, DnsAnswer answer, bool allow_private);

  /// Tells whether both questions are answered.
  [[nodiscard]] bool is_complete() const { return v4_ && v6_; }

  /// Gives the addresses that a connection may be made to, as far as they are known, those of IPv6 first.
  [[nodiscard]] const std::vector<IpAddress>& usable() const { return usable_; }

  /// Writes into the facts why there is no such address. Both questions must be answered.
  void explain_lack(FetchFacts& facts) const;

 private:
  std::optional<DnsAnswer> v4_;
  std::optional<DnsAnswer> v6_;
  std::vector<IpAddress> usable_;
  std::optional<IpAddress> refused_;  // the first that is not public
};

/// Gives the line of CURLOPT_RESOLVE that leads libcurl to these addresses alone.
[[nodiscard]] std::string resolve_line(const std::string& host, std::uint16_t port,
                                       std::span<const IpAddress> addresses);

}  // namespace mta_sts::sender
