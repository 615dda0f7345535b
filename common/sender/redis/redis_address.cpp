#include "sender/redis/redis_address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/domain_name.hpp"
#include "base/number.hpp"
#include "os/ip_address.hpp"

namespace mta_sts::sender {
namespace {

using Wrong = std::unexpected<std::string>;
using Parsed = std::expected<void, std::string>;

constexpr std::size_t url_limit_bytes = 2048;
constexpr std::size_t socket_path_limit_bytes = 107;  // of sockaddr_un, but for its end
constexpr unsigned database_limit = 65535;

struct Scheme {
  std::string_view text;
  bool tls;
  bool local;
};

constexpr std::array schemes{Scheme{.text = "redis://", .tls = false, .local = false},
                             Scheme{.text = "rediss://", .tls = true, .local = false},
                             Scheme{.text = "valkey://", .tls = false, .local = false},
                             Scheme{.text = "valkeys://", .tls = true, .local = false},
                             Scheme{.text = "unix://", .tls = false, .local = true},
                             Scheme{.text = "redis+unix://", .tls = false, .local = true}};

// RFC 3986 section 2.1.
std::optional<std::string> decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    unsigned char byte = 0;
    const std::string_view digits = text.substr(at + 1, 2);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || read.ptr != digits.data() + digits.size() || byte == 0) {
      return std::nullopt;
    }
    decoded += static_cast<char>(byte);
    at += 2;
  }
  return decoded;
}

// [USER]:PASSWORD. Without a colon clients do not agree on which of them it is.
Parsed read_user(std::string_view text, RedisAddress& address) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return Wrong("a colon is missing before the password: write :PASSWORD@ or USER:PASSWORD@");
  }
  auto user = decode_percent(text.substr(0, colon));
  auto password = decode_percent(text.substr(colon + 1));
  if (!user || !password) {
    return Wrong("a percent sign in user or password is not followed by two hex digits: write it as %25");
  }
  if (password->empty() && user->empty()) {
    return Wrong("user and password are empty: leave out :@");
  }
  address.user = *std::move(user);
  address.password = *std::move(password);
  return {};
}

Parsed read_database(std::string_view text, RedisAddress& address) {
  const auto number = text::parse_decimal(text, database_limit);
  if (!number) {
    return Wrong("the database is not a number up to 65535");
  }
  address.database = static_cast<unsigned>(*number);
  return {};
}

// HOST[:PORT], the host of an IPv6 address in brackets.
Parsed read_host(std::string_view text, RedisAddress& address) {
  const bool has_bracket = text.starts_with('[');
  const std::size_t host_end = has_bracket ? text.find(']') : text.find(':');
  std::string_view host = text.substr(has_bracket ? 1 : 0, host_end - (has_bracket ? 1 : 0));
  std::string_view rest =
      host_end == std::string_view::npos ? "" : text.substr(host_end + (has_bracket ? 1 : 0));
  const auto ip = IpAddress::parse(host);
  if (has_bracket ? host_end == std::string_view::npos || !ip || !ip->is_v6() : ip && ip->is_v6()) {
    return Wrong("an IPv6 address stands in brackets: redis://[2001:db8::1]:6379");
  }
  if (ip) {
    address.host = ip->to_text();
  } else if (const auto name = DomainName::parse(host)) {
    address.host = name->text();
  } else {
    return Wrong("the host is no host name and no address");
  }
  if (rest.empty()) {
    return {};
  }
  const auto port = rest.starts_with(':') ? text::parse_decimal(rest.substr(1), 65535) : std::nullopt;
  if (!port || *port == 0) {
    return Wrong("the port is not a number from 1 to 65535");
  }
  address.port = static_cast<std::uint16_t>(*port);
  return {};
}

Parsed read_path(std::string_view text, RedisAddress& address) {
  const std::size_t question = text.find('?');
  const std::string_view path = text.substr(0, question);
  if (!path.starts_with('/') || path.size() < 2 || path.size() > socket_path_limit_bytes) {
    return Wrong("the path of the Unix socket must begin with / and have at most 107 bytes");
  }
  address.path = path;
  if (question == std::string_view::npos) {
    return {};
  }
  const std::string_view query = text.substr(question + 1);
  return query.starts_with("db=") ? read_database(query.substr(3), address)
                                  : Wrong("only ?db=NUMBER may follow the path");
}

Parsed read_place(std::string_view text, const Scheme& scheme, RedisAddress& address) {
  if (scheme.local) {
    return read_path(text, address);
  }
  const std::size_t slash = text.find('/');
  if (auto host = read_host(text.substr(0, slash), address); !host) {
    return host;
  }
  const std::string_view database = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  return database.empty() ? Parsed() : read_database(database, address);
}

}  // namespace

std::string RedisAddress::to_text() const {
  if (host.empty()) {
    return "unix://" + path + (database == 0 ? "" : "?db=" + std::to_string(database));
  }
  const bool has_colon = host.find(':') != std::string::npos;
  return (tls ? "rediss://" : "redis://") + (has_colon ? "[" + host + "]" : host) + ":" +
         std::to_string(port) + "/" + std::to_string(database);
}

std::expected<RedisAddress, std::string> parse_redis_address(std::string_view url) {
  const auto scheme =
      std::ranges::find_if(schemes, [&](const Scheme& known) { return url.starts_with(known.text); });
  if (scheme == schemes.end()) {
    return Wrong("write redis://HOST, rediss://HOST or unix:///PATH");
  }
  const bool is_clean = std::ranges::all_of(url, [](char c) { return c > ' ' && c != '\x7f' && c != '#'; });
  if (url.size() > url_limit_bytes || !is_clean) {
    return Wrong(
        "it has white space, a control, a byte outside ASCII or #, or over 2048 bytes; write such bytes of a "
        "password as %XX");
  }
  RedisAddress address;
  address.tls = scheme->tls;
  url.remove_prefix(scheme->text.size());
  // The last of them: a client that takes the first one reads another host where a password has one.
  const std::size_t at = url.substr(0, scheme->local ? url.find('?') : std::string_view::npos).rfind('@');
  if (at != std::string_view::npos && !(scheme->local && url.starts_with('/'))) {
    if (url.substr(0, at).find('@') != std::string_view::npos) {
      return Wrong("an @ in user or password is written as %40");
    }
    if (auto user = read_user(url.substr(0, at), address); !user) {
      return std::unexpected(user.error());
    }
    url.remove_prefix(at + 1);
  }
  if (auto place = read_place(url, *scheme, address); !place) {
    return std::unexpected(place.error());
  }
  return address;
}

}  // namespace mta_sts::sender
