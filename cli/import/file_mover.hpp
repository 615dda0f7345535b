#pragma once

#include <expected>
#include <string>

#include "base/fault.hpp"
#include "cli/report/input_identity.hpp"

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

  /// Moves the file that was read, found below the folder that the first `folder_end` bytes of its path name;
  /// no link below it is followed. In a Maildir it goes to new or cur as it was in one of them, else to new,
  /// and keeps its name; a number is put into a name that is taken. A file that is gone, or is another one by
  /// now, is none to move. Error: move-failed.
  [[nodiscard]] std::expected<void, Fault> move(const std::string& path, std::size_t folder_end,
                                                const InputIdentity& read) const;

 private:
  std::string folder_;  // absolute, links resolved, and followed no more if one takes its place
  bool is_maildir_ = false;
};

}  // namespace mta_sts::cli
