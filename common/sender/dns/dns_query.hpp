#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sender/dns_lookup.hpp"

namespace mta_sts::sender {

/// The bytes of a datagram that this host takes (RFC 6891 section 6.2.5): below every link's limit.
inline constexpr std::uint16_t edns_payload_bytes = 1232;

/// How a question is put, beside its name and type.
struct DnsQueryOptions {
  bool recursion_desired = true;
  bool checking_disabled = false;  ///< the CD bit (RFC 4035 section 3.2.2)
  bool edns = true;                ///< with an OPT record; some servers know none
};

/// Writes a query of class IN with the AD bit set, which asks for AD (RFC 6840 section 5.7); nothing where
/// `name` is no name of DNS. RFC 1035 section 4.1, RFC 6891 section 6.1.2.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> write_dns_query(std::string_view name, DnsType type,
                                                                       std::uint16_t id,
                                                                       const DnsQueryOptions& options);

}  // namespace mta_sts::sender
