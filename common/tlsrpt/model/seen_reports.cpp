#include "tlsrpt/model/seen_reports.hpp"

#include <algorithm>
#include <utility>

namespace mta_sts::tlsrpt {

const SeenReport* SeenReports::find_or_add(const SeenReport& report) {
  if ((taken_ + 1) * 5 > places_.size() * 4) {
    grow();
  }
  SeenReport& place = places_[place_of(report.key)];
  if (place.is_taken != 0) {
    return &place;
  }
  place = report;
  place.is_taken = 1;
  ++taken_;
  return nullptr;
}

// The place of a key, or the free one where it belongs.
std::size_t SeenReports::place_of(std::uint64_t key) const {
  const std::size_t last = places_.size() - 1;
  std::size_t at = static_cast<std::size_t>(key) & last;
  while (places_[at].is_taken != 0 && places_[at].key != key) {
    at = (at + 1) & last;
  }
  return at;
}

void SeenReports::grow() {
  constexpr std::size_t first_size = 64;
  const std::vector<SeenReport> old =
      std::exchange(places_, std::vector<SeenReport>(std::max(first_size, 2 * places_.size())));
  for (const SeenReport& report : old) {
    if (report.is_taken != 0) {
      places_[place_of(report.key)] = report;
    }
  }
}

}  // namespace mta_sts::tlsrpt
