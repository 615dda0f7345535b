#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sender/decide/verdict_service.hpp"
#include "sender/policy_fetch.hpp"
#include "verdict/verdict.hpp"

namespace mta_sts::sender {

/// Counts verdicts by mode, source and reason, and fetches by their result and time, since the start.
class VerdictMetrics {
 public:
  void tally(const Verdict& verdict);
  void note_fetch(const FetchResult& result);

  /// Appends them as metrics with labels, in a fixed order. Reasons and results are words of docs/errors.md.
  void append_to(std::vector<Counter>& counters) const;

 private:
  using Counts = std::map<std::string, std::uint64_t, std::less<>>;
  static constexpr std::size_t modes = 4;
  static constexpr std::size_t sources = 3;
  /// Bounds of the histogram, as time and as Prometheus writes it.
  static constexpr std::array<std::pair<std::chrono::milliseconds, std::string_view>, 8> bounds{
      {{std::chrono::milliseconds(100), "0.1"},
       {std::chrono::milliseconds(250), "0.25"},
       {std::chrono::milliseconds(500), "0.5"},
       {std::chrono::milliseconds(1000), "1"},
       {std::chrono::milliseconds(2500), "2.5"},
       {std::chrono::milliseconds(5000), "5"},
       {std::chrono::milliseconds(15000), "15"},
       {std::chrono::milliseconds(60000), "60"}}};

  std::array<std::uint64_t, modes * sources> plain_{};  // without a reason
  std::array<Counts, modes> with_reason_;               // these have no source
  Counts fetch_results_;
  std::array<std::uint64_t, bounds.size()> within_{};
  std::uint64_t fetches_ = 0;
  std::chrono::milliseconds fetch_time_{0};
};

}  // namespace mta_sts::sender
