#pragma once

#include <chrono>

#include "base/descriptor.hpp"

namespace mta_sts::cli {

/// SIGTERM and SIGINT, which end a long work between two steps from now on in place of ending the process.
class StopSignal {
 public:
  /// Made before any thread is started.
  StopSignal();

  /// Tells whether one has come.
  [[nodiscard]] bool has_come();

  /// Waits until one comes or `descriptor`, where it is one, can be read, at most for `limit`; tells whether
  /// it can be read.
  bool wait(std::chrono::milliseconds limit, int descriptor = -1);

 private:
  Descriptor signals_;
  bool has_come_ = false;
};

}  // namespace mta_sts::cli
