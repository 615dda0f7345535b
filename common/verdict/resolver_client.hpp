#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "verdict/verdict.hpp"

namespace mta_sts {

inline constexpr std::string_view default_resolver_socket = "/run/mta-sts/resolver.sock";

/// How to reach the resolver. The values come from the caller's configuration, not from the network.
struct ResolverAddress {
  std::string socket_path{default_resolver_socket};
  std::chrono::milliseconds wait{10000};  ///< for connecting, asking and the whole answer together
};

/// Asks the resolver for the verdict on `domain` (any bytes, as the mail has it) over its Unix socket and
/// reads the answer strictly. Never throws but bad_alloc, blocks no longer than `wait`, makes no file, starts
/// no thread, leaves no descriptor. Every failure is a `temp` verdict with one of the reasons domain-empty,
/// domain-too-long, domain-bad-character, socket-path-too-long, socket-permission, resolver-unreachable,
/// peer-not-trusted, deadline, answer-garbled. The peer must be root, the user `mta-sts` or the caller's own
/// user (SO_PEERCRED), or root must have made the socket, in a folder that root alone can write.
[[nodiscard]] Verdict ask_resolver(const ResolverAddress& address, std::string_view domain);

/// Tells why no resolver can be asked for `domain`: domain-empty, domain-too-long, domain-bad-character;
/// nothing where one can.
[[nodiscard]] std::optional<std::string_view> domain_fault(std::string_view domain);

/// The same as ask_resolver for a caller that must tell a verdict on the domain (a value, domain_fault's
/// reasons among them) from a resolver that gave none (an error: one of the other reasons; a deadline alone
/// may be due to the domain).
[[nodiscard]] std::expected<Verdict, std::string_view> request_verdict(const ResolverAddress& address,
                                                                       std::string_view domain);

/// Sends one request line (without LF, without control characters) and gives the answer line, unread: of at
/// most verdict_line_limit_bytes, from a trusted peer, within `wait`. Asks once more where the connection
/// ends without an answer, as when the resolver restarts. Errors: the reasons of ask_resolver.
[[nodiscard]] std::expected<std::string, std::string_view> exchange_line(const ResolverAddress& address,
                                                                         std::string_view request);

}  // namespace mta_sts
