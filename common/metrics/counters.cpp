#include "metrics/counters.hpp"

namespace mta_sts::metrics {

Counted counted_answer(int status) {
  switch (status) {
    case 200:
      return Counted::status_200;
    case 304:
      return Counted::status_304;
    case 404:
      return Counted::status_404;
    case 405:
      return Counted::status_405;
    case 503:
      return Counted::status_503;
    default:
      return Counted::status_other;
  }
}

Counted counted_report(int status) {
  switch (status) {
    case 201:
      return Counted::report_stored;
    case 200:
      return Counted::report_repeated;
    case 503:
      return Counted::report_failed;
    default:
      return Counted::report_refused;
  }
}

CountedSums Counters::sums() const noexcept {
  CountedSums sums{};
  for (const Slot& slot : slots_) {
    for (std::size_t kind = 0; kind < counted_kinds; ++kind) {
      sums[kind] += slot.values[kind].load(std::memory_order_relaxed);
    }
  }
  return sums;
}

}  // namespace mta_sts::metrics
