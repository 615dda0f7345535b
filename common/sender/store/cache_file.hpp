#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "base/fault.hpp"

namespace mta_sts::sender {

/// Makes sure that a file for the cache can be had at `path`, for this user alone; makes it where it is not
/// there. Error: cache-unusable. Not to be called while the file is open: closing another
/// descriptor of it would drop its locks.
[[nodiscard]] std::expected<void, Fault> check_cache_place(const std::string& path);

/// Tells whether the cache file and its write-ahead log are still what SQLite left of them: somebody may cut,
/// replace or delete them under a running process, and SQLite would go on writing into what nobody will read.
class CacheFileWatch {
 public:
  explicit CacheFileWatch(std::string path) : path_(std::move(path)) {}

  /// Notes the file as it was opened.
  void note_opened(std::size_t page_bytes) noexcept;

  /// Notes that so many pages stand in the write-ahead log now.
  void note_log(std::size_t pages) noexcept;

  /// Notes that the log's pages were written into the file, which may have grown.
  void note_checkpoint() noexcept;

  [[nodiscard]] bool is_intact() const noexcept;

  /// Tells whether the file that was opened is at its path no more.
  [[nodiscard]] bool is_other_file() const noexcept;

  /// Tells whether another process has the database at the path open. Not to be called while this one has.
  [[nodiscard]] bool is_in_use() const noexcept;

  /// Tells whether the file is whole and its log was removed.
  [[nodiscard]] bool has_lost_log() const noexcept;

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::int64_t least_bytes_ = 0;
  std::int64_t least_log_bytes_ = 0;
  std::int64_t page_bytes_ = 0;
};

}  // namespace mta_sts::sender
