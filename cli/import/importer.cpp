#include "cli/import/importer.hpp"

#include <utility>

#include "base/clock.hpp"

namespace mta_sts::cli {

Importer::Importer(tlsrpt::History& history, Retry retry)
    : history_(history), retry_(std::move(retry)), now_(SystemClock().now()) {}

bool Importer::flush() {
  while (!error_ && !batch_.empty()) {
    if (const auto done = history_.import(batch_, now_)) {
      counts_.add(*done);
      batch_.clear();
    } else if (!retry_ || !retry_(done.error())) {
      error_ = done.error();
    }
  }
  return !error_;
}

}  // namespace mta_sts::cli
