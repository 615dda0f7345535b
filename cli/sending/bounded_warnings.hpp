#pragma once

#include <cstddef>
#include <string>

#include "cli/output.hpp"

namespace mta_sts::cli {

/// The warnings of one run. Strangers say how many there are to give: after a thousand no more are shown.
class BoundedWarnings {
 public:
  explicit BoundedWarnings(Output& output) : output_(output) {}

  void say(const std::string& line) {
    if (said_ < limit) {
      output_.warning(line);
    } else if (said_ == limit) {
      output_.warning("no more warnings are shown in this run");
    }
    ++said_;
  }

 private:
  static constexpr std::size_t limit = 1000;

  Output& output_;
  std::size_t said_ = 0;
};

}  // namespace mta_sts::cli
