#include "sender/share/shared_value.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/enum_names.hpp"
#include "base/number.hpp"
#include "digest/digest.hpp"
#include "os/ip_address.hpp"
#include "policy/parse_policy.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts::sender {
namespace {

// With the version of the form.
constexpr std::string_view open_mark = "mta-sts 1";
constexpr std::string_view sealed_mark = "mta-sts 2";
constexpr std::string_view no_peer = "-";
constexpr std::chrono::seconds clock_tolerance{60};
constexpr std::uint64_t last_second = 253402300799;  // of the year 9999

struct Header {
  std::string_view id;
  std::chrono::sys_seconds fetched;
  std::string_view peer;
};

// A number has one spelling.
std::optional<std::uint64_t> read_number(std::string_view digits, std::uint64_t limit) {
  return digits.size() > 1 && digits.front() == '0' ? std::nullopt : text::parse_decimal(digits, limit);
}

// Reads what follows the mark in the line in front of a body of so many bytes, but for a seal.
std::optional<Header> read_header(std::string_view line, std::size_t body_bytes) {
  std::array<std::string_view, 4> fields;
  for (std::string_view& field : fields) {
    if (!line.starts_with(' ')) {
      return std::nullopt;
    }
    line.remove_prefix(1);
    field = line.substr(0, line.find(' '));
    line.remove_prefix(field.size());
  }
  const auto [id, fetched, peer, length] = fields;
  const auto seconds = read_number(fetched, last_second);
  const bool has_peer = peer == no_peer || IpAddress::parse(peer).has_value();
  if (!line.empty() || !is_policy_id(id) || !seconds || !has_peer ||
      read_number(length, policy_limit_bytes) != body_bytes) {
    return std::nullopt;
  }
  return Header{.id = id,
                .fetched = std::chrono::sys_seconds(std::chrono::seconds(*seconds)),
                .peer = peer == no_peer ? std::string_view() : peer};
}

}  // namespace

std::string_view to_string(SharedValueError error) {
  using enum SharedValueError;
  static constexpr auto words = enum_names<SharedValueError>({
      {too_large, "shared-value-too-large"},
      {malformed, "shared-value-malformed"},
      {unauthentic, "shared-value-unauthentic"},
      {time_wrong, "shared-value-time-wrong"},
      {policy_invalid, "shared-value-policy-invalid"},
  });
  return words[error];
}

// Neither a domain nor the line has a line feed, and the line has the form's version: no two values that
// differ are the same bytes here.
std::string SharedValueForm::seal(const DomainName& domain, std::string_view line,
                                  std::string_view body) const {
  std::string sealed;
  sealed.append(domain.text()).append("\n").append(line).append("\n").append(body);
  return hmac_sha256_hex(secret_, sealed);
}

std::string SharedValueForm::render(const DomainName& domain, std::string_view id,
                                    const FetchedPolicy& fetched, std::chrono::sys_seconds at) const {
  std::string value(secret_.empty() ? open_mark : sealed_mark);
  const auto add = [&value](std::string_view field) { value.append(" ").append(field); };
  add(id);
  add(std::to_string(at.time_since_epoch().count()));
  add(fetched.peer.empty() ? no_peer : std::string_view(fetched.peer));
  add(std::to_string(fetched.body.size()));
  if (!secret_.empty()) {
    add(seal(domain, value, fetched.body));
  }
  return value.append("\n").append(fetched.body);
}

std::expected<SharedPolicy, SharedValueError> SharedValueForm::parse(const DomainName& domain,
                                                                     std::string_view value,
                                                                     std::chrono::sys_seconds now) const {
  if (value.size() > shared_value_limit_bytes) {
    return std::unexpected(SharedValueError::too_large);
  }
  const std::size_t line_end = value.substr(0, shared_header_limit_bytes).find('\n');
  std::string_view line = value.substr(0, line_end);
  const bool is_sealed = line.starts_with(sealed_mark);
  if (line_end == std::string_view::npos || (!is_sealed && !line.starts_with(open_mark))) {
    return std::unexpected(SharedValueError::malformed);
  }
  const std::string_view body = value.substr(line_end + 1);
  // Before anything else is made of it: what nobody of the farm wrote is not looked at.
  if (is_sealed == secret_.empty()) {
    return std::unexpected(SharedValueError::unauthentic);
  }
  if (is_sealed) {
    const std::size_t blank = line.rfind(' ');  // the mark has one
    if (!is_same_digest(line.substr(blank + 1), seal(domain, line.substr(0, blank), body))) {
      return std::unexpected(SharedValueError::unauthentic);
    }
    line = line.substr(0, blank);
  }
  const auto header = read_header(line.substr(std::min(line.size(), open_mark.size())), body.size());
  if (!header) {
    return std::unexpected(SharedValueError::malformed);
  }
  auto policy = parse_policy(body, Reading::sender);
  if (!policy || policy->max_age_used() <= std::chrono::seconds(0)) {  // P3: that one is for one delivery
    return std::unexpected(SharedValueError::policy_invalid);
  }
  if (header->fetched > now + clock_tolerance || header->fetched + policy->max_age_used() < now) {
    return std::unexpected(SharedValueError::time_wrong);
  }
  return SharedPolicy{.id = std::string(header->id),
                      .fetched = {.policy = *std::move(policy),
                                  .body = std::string(body),
                                  .peer = std::string(header->peer),
                                  .elapsed = {},
                                  .shared = std::min(header->fetched, now)}};
}

}  // namespace mta_sts::sender
