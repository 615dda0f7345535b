#include "outcome/report/report_target.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"
#include "base/enum_names.hpp"
#include "base/number.hpp"
#include "policy/report_uri.hpp"

namespace mta_sts::outcome {
namespace {

constexpr std::size_t local_part_limit_bytes = 64;  // RFC 5321 section 4.5.3.1.1
constexpr std::size_t url_limit_bytes = 2048;

bool is_atom_byte(char c) {
  return ascii::is_alnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
  bool after_dot = true;
  for (const char c : text) {
    if (c == '.' ? after_dot : !is_atom_byte(c)) {
      return false;
    }
    after_dot = c == '.';
  }
  return !after_dot;
}

// The digits behind each "%" are there: classify_report_uri() has looked.
std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      unsigned char byte = 0;
      std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
      plain += static_cast<char>(byte);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// libcurl would take "127.0x1" for 127.0.0.1, whatever DNS says of that name. WHATWG URL section 3.5, "ends
// in a number".
bool ends_in_a_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  const bool is_hexadecimal = last.starts_with("0x");
  return std::ranges::all_of(is_hexadecimal ? last.substr(2) : last, [&](char c) {
    return ascii::is_digit(c) || (is_hexadecimal && c >= 'a' && c <= 'f');
  });
}

std::expected<ReportTarget, TargetErrorCode> https_target(std::string_view rest) {
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  const std::size_t colon = authority.find(':');
  PostTarget target;
  const auto host = DomainName::parse(authority.substr(0, colon));
  if (!host || ends_in_a_number(host->text())) {
    return std::unexpected(TargetErrorCode::rua_host);
  }
  target.host = host->text();
  if (colon != std::string_view::npos) {
    const auto port = text::parse_decimal(authority.substr(colon + 1), 65535);
    if (port.value_or(0) == 0) {
      return std::unexpected(TargetErrorCode::rua_host);
    }
    target.port = static_cast<std::uint16_t>(*port);
  }
  const std::string_view path = rest.substr(end, rest.find('#') - end);
  target.url = "https://" + target.host + ":" + std::to_string(target.port) +
               (path.starts_with('/') ? "" : "/") + std::string(path);
  if (target.url.size() > url_limit_bytes) {
    return std::unexpected(TargetErrorCode::rua_malformed);
  }
  return target;
}

}  // namespace

std::string_view to_string(TargetErrorCode code) {
  using enum TargetErrorCode;
  static constexpr auto words = enum_names<TargetErrorCode>({
      {rua_malformed, "rua-malformed"},
      {rua_address, "rua-address"},
      {rua_host, "rua-host"},
  });
  return words[code];
}

std::expected<MailTarget, TargetErrorCode> parse_mail_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at > local_part_limit_bytes || !is_dot_atom(text.substr(0, at))) {
    return std::unexpected(TargetErrorCode::rua_address);
  }
  const auto domain = DomainName::parse(text.substr(at + 1));
  if (!domain) {
    return std::unexpected(TargetErrorCode::rua_address);
  }
  return MailTarget{.address = std::string(text.substr(0, at + 1)) + domain->text()};
}

std::string receiver_of(const ReportTarget& target) {
  if (const auto* https = std::get_if<PostTarget>(&target)) {
    return https->host;
  }
  const std::string& address = std::get<MailTarget>(target).address;
  return address.substr(address.rfind('@') + 1);
}

std::expected<ReportTarget, TargetErrorCode> parse_report_target(std::string_view uri) {
  if (classify_report_uri(uri) != ReportUri::usable) {
    return std::unexpected(TargetErrorCode::rua_malformed);
  }
  constexpr std::string_view mailto = "mailto:";
  if (ascii::starts_with_ignoring_case(uri, mailto)) {
    const std::string_view address = uri.substr(mailto.size());
    auto target = parse_mail_address(decoded(address.substr(0, address.find_first_of("?#"))));
    if (!target) {
      return std::unexpected(target.error());
    }
    return *std::move(target);
  }
  constexpr std::string_view https = "https://";
  return https_target(uri.substr(https.size()));
}

}  // namespace mta_sts::outcome
