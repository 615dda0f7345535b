#pragma once

#include <cstdint>

#include "base/log.hpp"

namespace mta_sts::resolver {

/// Logs internal-error for exceptions that ended callbacks early (base/guarded.hpp): the first, and then each
/// time their number has doubled, for what fails each time fails often.
class InternalErrors {
 public:
  explicit InternalErrors(Log& log) : log_(&log) {}  ///< `log` outlives this object

  /// `count`: of all so far. To be called now and then.
  void report(std::uint64_t count) {
    if (count == 0 || count < 2 * reported_) {
      return;
    }
    reported_ = count;
    log_->write(LogLevel::error, "internal-error",
                "an exception ended a callback early; see the host's memory; if it stays, report it");
  }

 private:
  Log* log_;
  std::uint64_t reported_ = 0;
};

}  // namespace mta_sts::resolver
