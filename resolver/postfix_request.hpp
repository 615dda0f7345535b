#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "request.hpp"

namespace mta_sts::resolver {

/// Which attributes an answer may have; the name of the map in Postfix's main.cf says it.
enum class PostfixMapName : std::uint8_t {
  policy,         ///< for every Postfix from 3.4 on
  policy_tlsrpt,  ///< with the attributes of Postfix 3.10 for TLS reports and exact MX patterns
};

/// One lookup of smtp_tls_policy_maps, read.
struct PostfixRequest {
  PostfixMapName map = PostfixMapName::policy;
  std::string domain;        ///< the next hop as Postfix has it: any case, U-labels, but no brackets or port
  std::string port;          ///< a number or the name of a service; empty where the next hop has none
  bool host_itself = false;  ///< in brackets: that host, without a lookup of MX
  bool parent = false;       ///< `.example.com`: after "not found" Postfix asks for the parents of a name

  bool operator==(const PostfixRequest&) const = default;
};

/// Reads the payload of a request, `MAP KEY`. Errors: see RequestError; the answer is a refusal, and Postfix
/// keeps the mail. Source: Postfix's socketmap_table(5), smtp_tls_policy_maps in postconf(5).
[[nodiscard]] std::expected<PostfixRequest, RequestError> parse_postfix_request(std::string_view payload);

/// Gives the number of the port that a next hop names: 25 where it names none. Nothing for a number that is
/// none, or a service that mail does not use.
[[nodiscard]] std::optional<std::uint16_t> mail_port(std::string_view port);

}  // namespace mta_sts::resolver
