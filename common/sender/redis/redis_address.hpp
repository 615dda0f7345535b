#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace mta_sts::sender {

/// Where a Redis or Valkey server is, and who asks it.
struct RedisAddress {
  std::string host;  ///< a host name in lower case, or an address without brackets; empty: `path`
  std::uint16_t port = 6379;
  std::string path;  ///< of a Unix socket
  bool tls = false;
  std::string user;      ///< empty: the default user
  std::string password;  ///< empty: none; never shown
  unsigned database = 0;

  bool operator==(const RedisAddress&) const = default;

  /// Gives the address without user and password, for messages: "redis://host:6379/0".
  [[nodiscard]] std::string to_text() const;
};

/// Reads redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// for TLS, and
/// unix://[[USER]:PASSWORD@]/PATH[?db=DATABASE]; valkey://, valkeys:// and redis+unix:// are the same. USER
/// and PASSWORD are percent-encoded. Error: the end of a sentence about the URL, which never quotes the URL,
/// since a password may stand in it.
[[nodiscard]] std::expected<RedisAddress, std::string> parse_redis_address(std::string_view url);

}  // namespace mta_sts::sender
