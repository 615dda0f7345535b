#include "cli/progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "base/number.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::size_t steps_a_line = 10'000;

}  // namespace

Progress::Progress(std::string what, std::size_t total, ShowProgress shown)
    : what_(std::move(what)),
      total_(total),
      is_shown_(total > 1 && shown != ShowProgress::never && isatty(STDERR_FILENO) == 1),
      prints_lines_(shown == ShowProgress::always && !is_shown_),
      next_(std::chrono::steady_clock::now() + std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (has_line_) {
    std::fputs("\r\x1b[K", stderr);
  }
}

void Progress::step() {
  ++done_;
  if (prints_lines_ && (done_ % steps_a_line == 0 || done_ == total_)) {
    std::fprintf(stderr, "mta-sts: %s of %s %s\n", text::render_grouped(done_).c_str(),
                 text::render_grouped(total_).c_str(), what_.c_str());
  }
  if (!is_shown_ || std::chrono::steady_clock::now() < next_) {
    return;
  }
  next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
  has_line_ = true;
  std::fprintf(stderr, "\r%zu of %zu %s", done_, total_, what_.c_str());
}

}  // namespace mta_sts::cli
