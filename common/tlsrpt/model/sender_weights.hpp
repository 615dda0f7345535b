#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/model/watch_span.hpp"

namespace mta_sts::tlsrpt {

/// Sessions as far as they are credible, and the sender that claims the most beyond that; empty: none does.
struct Weighed {
  Sessions sessions;
  std::string claimer;
  std::uint64_t beyond = 0;
  std::size_t window = 0;  ///< of WatchSpan::window_of()

  void add(const Sessions& more, const std::string& sender, std::uint64_t more_beyond);
};

struct WeighedTables {
  using Table = std::map<std::string, Weighed, std::less<>>;

  Weighed total;
  Table domains;
  Table senders;
};

/// Bounds what a sender can say by what it used to say, so that no invented number of successes hides the
/// failures of others (R141: whoever can send a report can write anything into it). A day's successes of a
/// sender at a domain count up to ten times its usual day there: the median of the four weeks before; with
/// fewer than three days in them, the median of these and of its watched reports, each of which is bounded by
/// itself. Of an earlier day, what was imported first counts. Of a sender without such
/// days, at most ten times the usual day of the greatest sender that has three count for the domain, of
/// failures and successes alike. Failures are never bounded otherwise.
class SenderWeights {
 public:
  /// Takes a row of a report, which `report` numbers, rows of one report in a row.
  void add(const SessionRow& row, std::uint64_t report, const WatchSpan& span);

  /// Gives what the watched reports say, by their windows, the latest first. There is one at least.
  [[nodiscard]] std::vector<WeighedTables> weigh() const;

 private:
  struct Unit {
    std::uint64_t report = 0;
    std::size_t window = 0;
    std::optional<std::chrono::sys_days> day;
    Sessions sessions;
  };
  struct Earlier {  // what came first of a day: what comes later may be invented to raise it
    std::chrono::sys_days imported;
    std::uint64_t size = 0;
  };
  struct Share {  // of one sender at one domain
    std::map<std::chrono::sys_days, Earlier> earlier;
    std::vector<Unit> units;

    [[nodiscard]] bool is_known() const;
    [[nodiscard]] std::optional<std::uint64_t> usual() const;
    [[nodiscard]] std::vector<Unit> loads() const;
    [[nodiscard]] std::map<std::size_t, Weighed> weigh(const std::string& sender) const;
  };
  using Shares = std::map<std::string, Share, std::less<>>;

  static std::uint64_t greatest_known(const Shares& shares);
  Share& share_of(std::string_view domain, std::string_view sender, bool has_failed);

  std::map<std::string, Shares, std::less<>> domains_;
  std::size_t share_count_ = 0;
};

}  // namespace mta_sts::tlsrpt
