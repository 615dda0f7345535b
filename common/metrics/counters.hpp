#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace mta_sts::metrics {

/// What a web server counts: the answers for a policy's path by their status, what became of reports that
/// were sent, and lookups in a store that failed.
enum class Counted : std::uint8_t {
  status_200,
  status_304,
  status_404,
  status_405,
  status_503,
  status_other,
  report_stored,
  report_repeated,  ///< the same bytes were there before
  report_refused,   ///< a fault of who sent it
  report_failed,    ///< a fault of this host: full, or not to be written
  store_fault,
};
inline constexpr std::size_t counted_kinds = 11;

/// Gives what an answer for a policy's path counts as, by its status.
[[nodiscard]] Counted counted_answer(int status);

/// Gives what an answer to a report counts as, by its status.
[[nodiscard]] Counted counted_report(int status);

using CountedSums = std::array<std::uint64_t, counted_kinds>;

/// The counters of all processes of a server, made once in memory that they share, before they fork. Every
/// worker adds to a slot of its own, so that no processor waits for a cache line of another.
class Counters {
 public:
  /// Adds one; `worker` is any number that workers at work at the same time mostly have not in common.
  void count(std::size_t worker, Counted what) noexcept {
    slots_[worker % slots_.size()].values[static_cast<std::size_t>(what)].fetch_add(
        1, std::memory_order_relaxed);
  }

  /// Sums what all workers counted since the memory was made.
  [[nodiscard]] CountedSums sums() const noexcept;

 private:
  static constexpr std::size_t cache_line_bytes = 64;
  struct Slot {
    alignas(cache_line_bytes) std::array<std::atomic<std::uint64_t>, counted_kinds> values{};
  };

  // A prime: the numbers of httpd's connections are multiples of a power of two and something small.
  std::array<Slot, 127> slots_{};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);  // between processes
static_assert(std::is_trivially_destructible_v<Counters>);       // nobody destroys shared memory

}  // namespace mta_sts::metrics
