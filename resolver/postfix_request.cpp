#include "postfix_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"
#include "os/ip_address.hpp"

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

bool is_port_character(char c) {
  return ascii::is_alnum(c) || c == '-' || c == '_';
}

bool is_address(std::string_view host) {
  constexpr std::string_view tag = "ipv6:";
  const bool tagged = ascii::to_lower(host.substr(0, tag.size())) == tag;
  return IpAddress::parse(tagged ? host.substr(tag.size()) : host).has_value();
}

/// Tells whether Postfix takes a text for a host; whether it is one is for others to say.
bool is_host_text(std::string_view text) {
  const bool has_host_characters = std::ranges::all_of(text, [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
  });
  return (has_host_characters && !text.empty() && !text.starts_with('.') &&
          text.find("..") == std::string_view::npos) ||
         is_address(text);
}

/// Divides a next hop as Postfix does (host_port(3)): behind the bracket that closes, else at the last colon.
/// The port may be left out behind the colon. False: Postfix finds no host in it, and asks for no policy.
bool divide_next_hop(std::string_view key, PostfixRequest& request) {
  std::string_view port;
  if (key.starts_with('[')) {
    const std::size_t end = key.find(']');
    const std::string_view rest = end == std::string_view::npos ? "" : key.substr(end + 1);
    if (end == std::string_view::npos || (!rest.empty() && !rest.starts_with(':'))) {
      return false;
    }
    request.host_itself = true;
    key = key.substr(1, end - 1);
    port = rest.substr(rest.empty() ? 0 : 1);
  } else if (const std::size_t colon = key.rfind(':'); colon != std::string_view::npos) {
    port = key.substr(colon + 1);
    key = key.substr(0, colon);
  }
  request.domain = key;
  request.port = port;
  return is_host_text(key) && std::ranges::all_of(port, is_port_character);
}

/// Tells whether a key is `.example.com`.
bool is_parent(std::string_view key) {
  return key.starts_with('.') && is_host_text(key.substr(1));
}

/// Tells whether a key is the path of a socket, as lmtp(8) asks for it.
bool is_path(std::string_view key) {
  return key.find('/') != std::string_view::npos && key.find_first_of(":[]") == std::string_view::npos;
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
  const std::string_view key = payload.substr(blank + 1);
  PostfixRequest request{.map = map->second, .domain = {}, .port = {}};
  if (is_parent(key) || is_path(key)) {
    request.parent = key.starts_with('.');
    request.domain = key;
    return request;
  }
  if (!divide_next_hop(key, request)) {
    return std::unexpected(RequestError::bad_next_hop);
  }
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
