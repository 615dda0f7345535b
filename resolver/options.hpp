#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "lookup_stack.hpp"
#include "sender/decide/verdict_service.hpp"
#include "sender/redis/redis_address.hpp"
#include "sender/redis/tls_pipe.hpp"
#include "server.hpp"

namespace mta_sts::resolver {

inline constexpr std::string_view default_cache_file = "/var/lib/mta-sts/cache.sqlite";

/// A clock that says less or more is wrong: no release runs before it was made, nor for so long after it.
inline constexpr std::chrono::sys_days clock_least{std::chrono::year{2026} / 1 / 1};
inline constexpr std::chrono::sys_days clock_most{std::chrono::year{2041} / 1 / 1};

/// The socket for Postfix. See docs/postfix.md.
struct PostfixOptions {
  std::vector<std::string> sockets;  ///< ADDRESS:PORT, or a path with a slash
  std::string socket_group;          ///< of the socket files; empty: as the others
  bool any_address = false;          ///< allows others than loopback
  bool dane = true;                  ///< answers `dane-only` where TLSA records say so

  bool operator==(const PostfixOptions&) const = default;
};

inline constexpr std::string_view default_outcomes_file = "/var/lib/mta-sts/outcomes.sqlite";

/// What mail servers tell of their sessions, for TLS reports.
struct OutcomeOptions {
  std::vector<std::string> sockets;  ///< for datagrams; empty: nothing is taken
  std::string socket_group;          ///< of the socket files; empty: as the others
  std::string file{default_outcomes_file};

  bool operator==(const OutcomeOptions&) const = default;
};

/// The cache that several hosts share, in a Redis or Valkey server.
struct SharedCacheOptions {
  std::optional<sender::RedisAddress> address;  ///< nothing: this host is alone
  std::string password_file;  ///< its first line goes before the address's password; empty: none
  std::string secret_file;    ///< the bytes that values are sealed with; empty: they are not
  sender::TlsFiles files;

  bool operator==(const SharedCacheOptions&) const = default;
};

/// What the command line and the configuration file say.
struct ResolverOptions {
  std::vector<std::string> sockets;  ///< empty: those passed by the service manager, else the default
  std::string socket_group;          ///< of the socket files; empty: the user's own group
  std::string user;                  ///< whom to become where started as root
  std::string cache_file{default_cache_file};
  std::string exceptions_file;  ///< empty: none
  LookupOptions lookup;
  PostfixOptions postfix;
  OutcomeOptions outcomes;
  SharedCacheOptions shared;
  std::string metrics;               ///< ADDR:PORT; empty: none
  bool metrics_any_address = false;  ///< allows others than loopback
  sender::VerdictServiceLimits service{.clock_least = clock_least, .clock_most = clock_most};
  ServerLimits server;
  std::chrono::milliseconds drain{10000};  ///< for what is under way at SIGTERM
  LogLevel log_level = LogLevel::info;
};

}  // namespace mta_sts::resolver
