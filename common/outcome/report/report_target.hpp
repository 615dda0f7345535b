#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>

namespace mta_sts::outcome {

/// A mail address that a report goes to: dot-atom@domain, both in ASCII, the domain in lower case.
struct MailTarget {
  std::string address;

  bool operator==(const MailTarget&) const = default;
};

/// A URL that a report is posted to: https, the host in lower case, without fragment.
struct PostTarget {
  std::string url;
  std::string host;
  std::uint16_t port = 443;

  bool operator==(const PostTarget&) const = default;
};

using ReportTarget = std::variant<MailTarget, PostTarget>;

/// Why nothing is sent to a URI, though a TLSRPT record may have it. The domain's postmaster corrects it.
enum class TargetErrorCode : std::uint8_t {
  rua_malformed,  ///< no mailto or https URI
  rua_address,    ///< not one plain address: a quoted or empty part, several addresses, other than ASCII
  rua_host,       ///< an IP address, no host name, a user's name, or a bad port
};

/// Gives the error word, "rua-address".
[[nodiscard]] std::string_view to_string(TargetErrorCode code);

/// Reads one plain mail address: a dot-atom of at most 64 bytes, "@" and a domain name. RFC 5321 section
/// 4.1.2, RFC 5322 section 3.4.1. Nothing else can be said with it: no second address, no header, no option.
[[nodiscard]] std::expected<MailTarget, TargetErrorCode> parse_mail_address(std::string_view text);

/// Reads a URI of `rua`. Of a mailto URI the address alone is used, decoded once; its header fields are not.
/// RFC 8460 section 3, RFC 6068 section 2.
[[nodiscard]] std::expected<ReportTarget, TargetErrorCode> parse_report_target(std::string_view uri);

/// Gives whose the target is: the domain of the address, or the host of the URL. In lower case.
[[nodiscard]] std::string receiver_of(const ReportTarget& target);

}  // namespace mta_sts::outcome
