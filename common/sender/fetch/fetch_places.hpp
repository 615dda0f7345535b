#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "os/ip_address.hpp"
#include "sender/policy_fetch.hpp"

namespace mta_sts::sender {

struct FetchPlaceLimits {
  std::size_t places = 64;             ///< for fetches that are not slow
  std::size_t places_per_address = 4;  ///< of them at one address
  std::size_t slow_places = 128;       ///< for slow ones beside these
  std::size_t slow_per_address = 64;   ///< of them at one address

  bool operator==(const FetchPlaceLimits&) const = default;
};

/// Which fetch may begin, and which is given up, so that no domain waits for another's: a fetch that is slow
/// leaves its place and is counted apart, and one at an address that is slow to several begins there; where
/// too many are slow, the oldest of them is given up for one that mail waits for; a quarter of the places is
/// kept for domains of which no failure is known; who found an address dead found it for all. Pure: it knows
/// neither clock nor network. Times are of any steady clock.
class FetchPlaces {
 public:
  using Time = std::chrono::milliseconds;
  using Ticket = std::uint64_t;

  /// A fetch is slow from here on: a connection, a handshake and a page take less around the world.
  static constexpr Time slow_after{500};
  /// No fetch is given up for others before it had this.
  static constexpr Time least_time{5000};
  /// So long an address at which no connection stood counts as dead.
  static constexpr Time dead_for{30000};

  explicit FetchPlaces(FetchPlaceLimits limits) : limits_(limits) {}

  /// Queues a fetch. It counts at `address`, the first of its policy host's, alone: the others are its
  /// domain's to write, and would keep places that are not its own. All addresses of one network
  /// (IpAddress::network) count as one, or whoever has an IPv6 network would have every place.
  Ticket queue(const IpAddress& address, FetchRank rank, Time now);

  /// Gives the next fetch that has a place, which it takes with this; addresses take turns.
  [[nodiscard]] std::optional<Ticket> begin_next(Time now);

  /// Gives a fetch to end now, after begin_next() had none, in favour of one that waits. The caller ends it,
  /// calls leave(), then begin_next() again.
  [[nodiscard]] std::optional<Ticket> give_up(Time now) const;

  /// Gives those that have waited for this long.
  [[nodiscard]] std::vector<Ticket> waiting_since(Time limit, Time now) const;

  /// Gives those that wait for a place at an address, or at another of its network.
  [[nodiscard]] std::vector<Ticket> waiting_at(const IpAddress& address) const;

  /// Forgets a fetch that has ended, or that waits no more.
  void leave(Ticket ticket);

  [[nodiscard]] std::size_t waiting() const { return waiting_count_; }

  void note_dead(const IpAddress& address, Time now);
  void note_alive(const IpAddress& address) { dead_.erase(address); }
  [[nodiscard]] bool is_dead(const IpAddress& address, Time now) const;

 private:
  enum class State : std::uint8_t { waiting, running, slow };

  struct Fetch {
    IpAddress address;
    Time since{0};  // in this state; of a slow one since it began
    FetchRank rank = FetchRank::first;
    State state = State::waiting;
    std::list<Ticket>::iterator place;
  };
  struct Address {
    std::size_t running = 0;
    std::size_t slow = 0;
  };
  using Waiting = std::map<IpAddress, std::deque<Ticket>>;

  [[nodiscard]] Waiting& waiting_of(FetchRank rank) { return waiting_[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] bool has_place(const IpAddress& address, FetchRank rank) const;
  [[nodiscard]] bool has_slow_place(const IpAddress& address) const;
  [[nodiscard]] std::optional<Ticket> start_next(FetchRank rank, Time now);
  void set_slow_apart(Time now);

  FetchPlaceLimits limits_;
  std::map<Ticket, Fetch> fetches_;
  std::map<IpAddress, Address> addresses_;
  std::array<Waiting, 2> waiting_;  // by rank
  std::list<Ticket> begun_;         // in the order in which they began
  std::map<IpAddress, Time> dead_;  // and until when
  std::set<IpAddress> crowded_;     // a slow one found no place apart there
  bool all_crowded_ = false;        // nor anywhere
  std::size_t waiting_count_ = 0;
  std::size_t running_ = 0;
  std::size_t slow_ = 0;
  std::optional<IpAddress> last_served_;
  Ticket last_ticket_ = 0;
};

}  // namespace mta_sts::sender
