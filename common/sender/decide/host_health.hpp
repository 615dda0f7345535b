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

#include "os/ip_address.hpp"
#include "sender/policy_fetch.hpp"

namespace mta_sts::sender {

/// What of this host may be at fault where a fetch failed: a fault there makes every fetch fail alike.
enum class HostPart : std::uint8_t {
  route,        ///< no way out: the kernel refused the connection at once
  silence,      ///< no connection: every one is refused on its way, or gets no answer
  roots,        ///< the trusted roots: every certificate leads to no root of theirs
  clock_ahead,  ///< every certificate has expired
  clock_behind  ///< none is valid yet
};

/// Gives the part, with what to look at, for a log line.
[[nodiscard]] std::string_view describe(HostPart part);

/// Gives the part that a failure may be the fault of; nothing where it is the peer's beyond doubt. That the
/// kernel refuses IPv6 addresses alone says nothing: many hosts have no IPv6, and a Policy Host that has
/// nothing else cannot be reached from them, ever.
[[nodiscard]] std::optional<HostPart> part_of(const FetchError& error);

/// Gives the network that a failed fetch counts for: the first 16 bits of the IPv4 address that was spoken to
/// or tried, or the first 48 of the IPv6 address.
[[nodiscard]] IpAddress network_of(const FetchError& error);

/// Tells this host's trouble from that of the domains: where the fetches of several domains in several
/// networks fail alike and nothing worked between them, no verdict is drawn from any of them.
///
/// What worked before the first of them counts for nothing: it does not show that this host works now. Nor
/// does it count whether a domain had a policy: most hosts hear of few domains that do, and the rest of them
/// would go without their policies for as long as the trouble lasts. A stranger's broken domains cannot bring
/// it about on a host that sends much mail, where other fetches work all the time. Where nothing else is
/// asked for, the stranger can have domains that fail themselves wait, until the next fetch works; the caller
/// begins one by itself. Pure: no clock, no log.
class HostHealth {
 public:
  /// Domains in so many networks, in a row.
  static constexpr std::size_t least_networks = 4;
  /// The same for `silence`: Policy Hosts that do not answer are not rare.
  static constexpr std::size_t least_silent_networks = 8;
  /// A failure is not taken into account for longer.
  static constexpr std::chrono::hours memory{24};
  /// A fetch that worked speaks for the clock so long.
  static constexpr std::chrono::days clock_memory{7};
  /// A domain that failed alike is not asked again for so long.
  static constexpr std::chrono::seconds pause{30};
  /// A connection speaks so long for the routes, where the kernel refuses a single public IPv4 address.
  static constexpr std::chrono::minutes connection_memory{10};
  /// Without one, such a refusal is held against the routes for so long, and then against the domain.
  static constexpr std::chrono::hours hold_limit{1};

  /// Notes that a connection to a Policy Host stood, whatever came over it: the way out works.
  void note_connection(std::chrono::sys_seconds now);

  /// Notes that a Policy Host's certificate was accepted, whatever it said then: clock, roots and way work.
  void note_success(std::chrono::sys_seconds now);

  /// Tells whether a fetch of the last days shows that this clock is about right, by the dates of a
  /// certificate.
  [[nodiscard]] bool is_clock_shown(std::chrono::sys_seconds now) const {
    return has_shown_clock_ && clock_shown_ <= now && now < clock_shown_ + clock_memory;
  }

  /// Notes a failed fetch whose part_of() is `part`. True: from now on, and not before, the failures of this
  /// part are this host's; domains() gives who else failed so.
  bool note_failure(std::string_view domain, HostPart part, const FetchError& error,
                    std::chrono::sys_seconds now);

  /// Tells whether the last failure of a domain is this host's already, though no other has failed alike: the
  /// kernel refused a public IPv4 address, and nothing shows that there is a way out.
  [[nodiscard]] bool is_held(std::string_view domain, std::chrono::sys_seconds now) const;

  /// The trusted roots were read anew: nobody waits out a pause any more.
  void end_pauses();

  /// Tells whether the last failure of a domain counts as this host's, and is too fresh to fetch again.
  [[nodiscard]] bool is_pausing(std::string_view domain, std::chrono::sys_seconds now) const;

  [[nodiscard]] std::vector<std::string> domains(HostPart part) const;

  [[nodiscard]] bool is_in_trouble(HostPart part) const {
    return streaks_[static_cast<std::size_t>(part)].in_trouble;
  }

  /// Tells whether any part is in trouble.
  [[nodiscard]] bool is_in_trouble() const;

  /// Tells whether this host seems to be cut off: who does not answer may not have been reached.
  [[nodiscard]] bool is_cut_off() const {
    return is_in_trouble(HostPart::route) || is_in_trouble(HostPart::silence);
  }

  /// Tells whether nothing has failed by this part since something worked.
  [[nodiscard]] bool is_clear(HostPart part) const {
    return streaks_[static_cast<std::size_t>(part)].failures.empty();
  }

 private:
  struct Failure {
    std::chrono::sys_seconds first;
    std::chrono::sys_seconds at;
    IpAddress network;
    bool is_public_v4 = false;  // one of the addresses that were tried
    bool pauses = true;
  };
  struct Streak {
    std::map<std::string, Failure, std::less<>> failures;  // at most domains_limit
    bool in_trouble = false;
  };
  static constexpr std::size_t domains_limit = 4096;

  [[nodiscard]] static bool is_convincing(const Streak& streak, HostPart part);
  Streak& streak_of(HostPart part) { return streaks_[static_cast<std::size_t>(part)]; }

  std::array<Streak, 5> streaks_;
  std::optional<std::chrono::sys_seconds> connected_;
  bool has_shown_clock_ = false;
  std::chrono::sys_seconds clock_shown_;
};

}  // namespace mta_sts::sender
