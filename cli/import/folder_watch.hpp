#pragma once

#include <span>
#include <string>

#include "base/descriptor.hpp"

namespace mta_sts::cli {

/// Hears of files that come into folders, as far as the kernel tells: not of what other hosts do on a network
/// file system, and not of all where too much happens.
class FolderWatch {
 public:
  FolderWatch();

  /// Hears of these folders from now on too, those that were made anew included. Tells whether there is one
  /// that it has not heard of: what came into it before is to be looked for.
  [[nodiscard]] bool follow(std::span<const std::string> folders);

  /// Can be read once something came; -1 where the kernel gives none.
  [[nodiscard]] int descriptor() const { return events_.get(); }

  /// Forgets what came so far.
  void forget();

 private:
  Descriptor events_;
  int last_ = 0;  // the kernel counts folders up
};

}  // namespace mta_sts::cli
