#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/fault.hpp"
#include "check/history.hpp"

namespace mta_sts::cli {

/// The history of diagnoses in a file that belongs to the admin, at most 64 MiB.
class HistoryFile {
 public:
  /// Reads the file; one that is not there yet is empty. Error: input-unreadable, or
  /// input-invalid, which names file and line.
  [[nodiscard]] static std::expected<HistoryFile, Fault> read(const std::string& path);

  /// Gives the facts the history of their domain, what they say themselves last, and appends to the file what
  /// is new in it. Error: output-unwritable; the facts have their history all the same, and the next facts of
  /// the domain are written again.
  [[nodiscard]] std::expected<void, Fault> add(check::Facts& facts);

 private:
  HistoryFile(std::string path, check::CheckHistory history)
      : path_(std::move(path)), history_(std::move(history)) {}

  std::string path_;
  check::CheckHistory history_;
};

}  // namespace mta_sts::cli
