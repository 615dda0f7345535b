#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/resolver_client.hpp"

namespace mta_sts::exim {

/// The longest time to wait that `wait=` may ask for: a process of Exim stands still meanwhile.
inline constexpr std::uint64_t wait_limit_seconds = 300;

/// What one call of mta_sts_verdict asks for; `domain` is a view of Exim's memory, for the call.
struct VerdictArguments {
  std::string_view domain;
  ResolverAddress address;
  bool is_observed = false;  ///< log=observe
};

/// Reads the arguments of mta_sts_verdict: the domain (any bytes), then `socket=` with an absolute path,
/// `wait=` with 1 to 300 seconds and `log=observe`, each at most once. Nothing where one is none of these.
[[nodiscard]] std::optional<VerdictArguments> parse_verdict_arguments(
    std::span<const std::string_view> arguments);

/// Whose name a certificate must bear. Exim names an MX host that is an alias (CNAME) by its target and tells
/// nobody the name of the MX record, but checks that one itself, by the rules of its library.
enum class NameCheck : std::uint8_t { of_host, of_mx_record_by_exim };

/// Gives the reason to refuse a certificate with these SAN dNSNames, one a line, for an MX host; empty where
/// it is accepted. Where the check is Exim's, a certificate is also accepted whose DNS names are all of a
/// form that Exim judges as we do; at least one there must be.
[[nodiscard]] std::string certificate_fault(std::string_view mx_host, std::string_view dns_names,
                                            NameCheck check);

}  // namespace mta_sts::exim
