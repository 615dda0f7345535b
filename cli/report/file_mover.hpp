#pragma once

#include <expected>
#include <string>

#include "base/fault.hpp"

namespace mta_sts::cli {

/// Moves files that were read to another folder of the same file system, and replaces none there.
class FileMover {
 public:
  /// Makes the folder where it is not there. Error: move-failed.
  [[nodiscard]] static std::expected<FileMover, Fault> open(const std::string& folder);

  /// Tells whether a folder is on the same file system, so that files of it can be moved.
  [[nodiscard]] bool can_move_from(const std::string& folder) const;

  /// Tells whether a file lies in the folder, or below it.
  [[nodiscard]] bool holds(const std::string& path) const;

  /// Moves a file. In a Maildir it goes to new or cur as it was in one of them, else to new, and keeps its
  /// name; a number is put into a name that is taken. A file that is gone is none to move. Error:
  /// move-failed.
  [[nodiscard]] std::expected<void, Fault> move(const std::string& path) const;

 private:
  std::string folder_;  // absolute, links resolved
  bool is_maildir_ = false;
};

}  // namespace mta_sts::cli
