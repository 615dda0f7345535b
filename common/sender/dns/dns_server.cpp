#include "sender/dns/dns_server.hpp"

#include <net/if.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::size_t server_limit = 3;  // as resolv.conf(5)
constexpr std::uint16_t default_port = 53;

bool is_zone_character(char c) {
  return !ascii::is_blank(c) && !ascii::is_control(c) && c != '/' && c != '%' && c != ']';
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  text::Cursor cursor(text);
  const std::string_view digits = cursor.take_while(ascii::is_digit, 5);
  unsigned port = 0;
  for (const char digit : digits) {
    port = port * 10 + static_cast<unsigned>(digit - '0');
  }
  if (!cursor.at_end() || port == 0 || port > 65535) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(port);
}

std::optional<DnsServer> make_server(std::string_view address_text, std::optional<std::uint16_t> port) {
  const std::size_t percent = std::min(address_text.find('%'), address_text.size());
  const auto address = IpAddress::parse(address_text.substr(0, percent));
  const std::string_view zone = address_text.substr(std::min(percent + 1, address_text.size()));
  const bool zone_fits =
      percent == address_text.size() || (!zone.empty() && zone.size() < IF_NAMESIZE && address &&
                                         address->is_v6() && std::ranges::all_of(zone, is_zone_character));
  if (!address || !port || !zone_fits) {
    return std::nullopt;
  }
  return DnsServer{.address = *address, .port = *port, .zone = std::string(zone)};
}

}  // namespace

std::optional<DnsServer> parse_dns_server(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view address = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (address.find(':') == std::string_view::npos || (!rest.empty() && !rest.starts_with(':'))) {
      return std::nullopt;
    }
    return make_server(address, rest.empty() ? default_port : parse_port(rest.substr(1)));
  }
  if (std::ranges::count(text, ':') == 1) {
    const std::size_t colon = text.find(':');
    return make_server(text.substr(0, colon), parse_port(text.substr(colon + 1)));
  }
  return make_server(text, default_port);
}

std::string to_text(const DnsServer& server) {
  const std::string zone = server.zone.empty() ? "" : "%" + server.zone;
  const std::string address = server.address.to_text() + zone;
  if (server.port == default_port) {
    return address;
  }
  return (server.address.is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(server.port);
}

std::vector<DnsServer> parse_resolv_conf(std::string_view text) {
  std::vector<DnsServer> servers;
  for (std::size_t begin = 0; begin < text.size() && servers.size() < server_limit;) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    text::Cursor line(text.substr(begin, end - begin));
    begin = end + 1;
    if (!line.take("nameserver") || line.take_while(ascii::is_blank).empty()) {
      continue;
    }
    const std::string_view address = line.take_while([](char c) { return !ascii::is_blank(c) && c != '\r'; });
    if (auto parsed = make_server(address, default_port)) {
      servers.push_back(*std::move(parsed));
    }
  }
  if (servers.empty()) {
    servers.push_back(*make_server("127.0.0.1", default_port));
  }
  return servers;
}

bool has_trust_ad(std::string_view text) {
  bool found = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    text::Cursor line(text.substr(begin, end - begin));
    begin = end + 1;
    if (!line.take("options")) {
      continue;
    }
    while (!line.take_while(ascii::is_blank).empty()) {
      found = line.take_while([](char c) { return !ascii::is_blank(c) && c != '\r'; }) == "trust-ad" || found;
    }
  }
  return found;
}

}  // namespace mta_sts::sender
