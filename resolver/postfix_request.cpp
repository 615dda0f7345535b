#include "postfix_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::array<std::pair<std::string_view, PostfixMapName>, 2> map_names{{
    {"policy", PostfixMapName::policy},
    {"policy-tlsrpt", PostfixMapName::policy_tlsrpt},
}};

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 5> services{{
    {"smtp", std::uint16_t{25}},
    {"mail", std::uint16_t{25}},
    {"submission", std::uint16_t{587}},
    {"submissions", std::uint16_t{465}},
    {"smtps", std::uint16_t{465}},
}};

bool is_port_text(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; });
}

/// Cuts `:PORT` off the end where there is one: `example.com:587`, `[mail.example.com]:submission`.
std::string_view cut_port(std::string_view& key) {
  const std::size_t colon = key.rfind(':');
  if (colon == std::string_view::npos || !is_port_text(key.substr(colon + 1)) ||
      (key.starts_with('[') && (colon == 0 || key[colon - 1] != ']'))) {
    return {};
  }
  const std::string_view port = key.substr(colon + 1);
  key = key.substr(0, colon);
  return port;
}

}  // namespace

std::expected<PostfixRequest, RequestError> parse_postfix_request(std::string_view payload) {
  if (std::ranges::any_of(payload, ascii::is_control) || text::find_invalid_utf8(payload)) {
    return std::unexpected(RequestError::bad_character);
  }
  const std::size_t blank = payload.find(' ');
  const std::string_view name = payload.substr(0, blank);
  const auto* const map = std::ranges::find(map_names, name, [](const auto& entry) { return entry.first; });
  if (map == map_names.end()) {
    return std::unexpected(RequestError::unknown_map);
  }
  if (blank == std::string_view::npos || blank + 1 == payload.size()) {
    return std::unexpected(RequestError::missing_domain);
  }
  std::string_view key = payload.substr(blank + 1);
  PostfixRequest request{.map = map->second, .domain = {}, .port = {}};
  request.port = cut_port(key);
  if (key.size() >= 2 && key.starts_with('[') && key.ends_with(']')) {
    request.host_itself = true;
    key = key.substr(1, key.size() - 2);
  }
  request.parent = key.starts_with('.');
  request.domain = key;
  return request;
}

std::optional<std::uint16_t> mail_port(std::string_view port) {
  constexpr std::uint64_t greatest = 65535;
  if (port.empty()) {
    return services.front().second;
  }
  if (ascii::is_digit(port.front())) {
    const auto number = text::parse_decimal(port, greatest);
    return number && *number > 0 ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
  }
  const auto* const service =
      std::ranges::find_if(services, [&](const auto& entry) { return entry.first == port; });
  return service != services.end() ? std::optional(service->second) : std::nullopt;
}

}  // namespace mta_sts::resolver
