#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sender/policy_fetch.hpp"

namespace mta_sts::sender {

/// What of this host may be at fault where a fetch failed: a fault there makes every fetch fail alike.
enum class HostPart : std::uint8_t {
  route,        ///< no way out: the kernel refused the connection at once
  roots,        ///< the trusted roots: every certificate leads to no root of theirs
  clock_ahead,  ///< every certificate has expired
  clock_behind  ///< none is valid yet
};

/// Gives the part, with what to look at, for a log line.
[[nodiscard]] std::string_view describe(HostPart part);

/// Gives the part that a failure may be the fault of; nothing where it is the peer's beyond doubt.
[[nodiscard]] std::optional<HostPart> part_of(const FetchError& error);

/// Tells this host's trouble from that of the domains: where the fetches of several domains fail alike and
/// none works, no verdict is drawn from any of them. One domain, or many of one stranger's beside others that
/// work, never make it so. Pure: no clock, no log.
class HostHealth {
 public:
  /// So many domains in a row.
  static constexpr std::size_t least_domains = 4;
  /// Where a fetch has worked since the start: so many of them had a policy before.
  static constexpr std::size_t least_known = 2;
  /// A failure is not taken into account for longer.
  static constexpr std::chrono::hours memory{24};
  /// A fetch that worked speaks for the clock so long.
  static constexpr std::chrono::days clock_memory{7};
  /// A domain that failed alike is not asked again for so long.
  static constexpr std::chrono::seconds pause{30};

  /// Notes that a policy host answered over TLS that was verified, whatever it said: clock, roots and way
  /// work.
  void note_success(std::chrono::sys_seconds now);

  /// Tells whether a fetch of the last days shows that this clock is about right, by the dates of a
  /// certificate.
  [[nodiscard]] bool is_clock_shown(std::chrono::sys_seconds now) const {
    return has_shown_clock_ && clock_shown_ <= now && now < clock_shown_ + clock_memory;
  }

  /// Notes a failed fetch; `known`: the domain had a policy before. True: from now on, and not before, the
  /// failures of this part are this host's; domains() gives who else failed so.
  bool note_failure(std::string_view domain, HostPart part, bool known, std::chrono::sys_seconds now);

  /// Forgets what worked: the trusted roots are others now.
  void restart();

  /// Tells whether the last failure of a domain counts as this host's, and is too fresh to fetch again.
  [[nodiscard]] bool is_pausing(std::string_view domain, std::chrono::sys_seconds now) const;

  [[nodiscard]] std::vector<std::string> domains(HostPart part) const;

  [[nodiscard]] bool is_in_trouble(HostPart part) const {
    return streaks_[static_cast<std::size_t>(part)].in_trouble;
  }

 private:
  struct Failure {
    std::chrono::sys_seconds at;
    bool known = false;
  };
  struct Streak {
    std::map<std::string, Failure, std::less<>> failures;  // at most domains_limit
    bool in_trouble = false;
  };
  static constexpr std::size_t domains_limit = 4096;

  [[nodiscard]] bool is_convincing(const Streak& streak) const;
  Streak& streak_of(HostPart part) { return streaks_[static_cast<std::size_t>(part)]; }

  std::array<Streak, 4> streaks_;
  bool has_worked_ = false;
  bool has_shown_clock_ = false;
  std::chrono::sys_seconds clock_shown_;
};

}  // namespace mta_sts::sender
