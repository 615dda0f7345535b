#include "cli/progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace mta_sts::cli {

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)),
      total_(total),
      is_shown_(total > 1 && isatty(STDERR_FILENO) == 1),
      next_(std::chrono::steady_clock::now() + std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (has_line_) {
    std::fputs("\r\x1b[K", stderr);
  }
}

void Progress::step() {
  ++done_;
  if (!is_shown_ || std::chrono::steady_clock::now() < next_) {
    return;
  }
  next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
  has_line_ = true;
  std::fprintf(stderr, "\r%zu of %zu %s", done_, total_, what_.c_str());
}

}  // namespace mta_sts::cli
