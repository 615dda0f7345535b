#include "patience.hpp"

#include <algorithm>

namespace mta_sts::exim {

std::chrono::milliseconds Patience::wait(std::chrono::milliseconds full, Moment now) const {
  const auto halvings = std::ranges::count_if(until_, [&](Moment until) { return now < until; });
  return std::min(full, std::max(least, full / (1 << halvings)));
}

void Patience::note_deadline(Moment now) {
  until_[next_] = now + memory;
  next_ = (next_ + 1) % until_.size();
}

}  // namespace mta_sts::exim
