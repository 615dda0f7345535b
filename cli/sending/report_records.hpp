#pragma once

#include <optional>
#include <string>
#include <vector>

#include "os/uv_loop.hpp"
#include "outcome/outbox/outbox.hpp"
#include "sender/dns_lookup.hpp"

namespace mta_sts::cli {

/// The most places that one domain's reports go to, and the most of its `rua` that are told to be wrong.
inline constexpr std::size_t rua_limit = 8;

/// Whom a domain wants its reports sent to, and what is to be said about that.
struct Recipients {
  std::vector<outcome::Recipient> to;  ///< at most rua_limit, none of them twice
  std::vector<std::string> warnings;   ///< lines, each beginning with its word
  std::optional<std::string> unknown;  ///< why the record could not be looked up
};

/// Looks up the TLSRPT records of domains, many at once, and gives what they say in the same order.
[[nodiscard]] std::vector<Recipients> lookup_recipients(UvLoop& loop, sender::DnsLookup& dns,
                                                        const std::vector<std::string>& domains);

/// Asks one question, and waits for the answer.
[[nodiscard]] sender::DnsAnswer lookup_now(UvLoop& loop, sender::DnsLookup& dns, const std::string& name,
                                           sender::DnsType type);

}  // namespace mta_sts::cli
