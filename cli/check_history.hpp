#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "check/facts.hpp"

namespace mta_sts::cli {

/// What earlier diagnoses saw, one JSON object a line in a file that belongs to the admin: domain, seen, id,
/// body_sha256, mode, max_age, mx. Bounded; a line that is none is an error, so that a wrong --history file
/// is not added to.
class CheckHistory {
 public:
  /// Reads the file; one that is not there yet is empty. Error: a sentence that names file and line.
  [[nodiscard]] static std::expected<CheckHistory, std::string> read(const std::string& path);

  /// Gives a domain's entries, oldest first.
  [[nodiscard]] std::vector<check::HistoryEntry> of(const std::string& domain) const;

  /// Adds what these facts say to the file where it differs from the last entry, or that is over a day old.
  /// Nothing is added where DNS gave no answer. Error: a sentence.
  [[nodiscard]] std::expected<void, std::string> add(const check::Facts& facts);

 private:
  explicit CheckHistory(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::map<std::string, std::vector<check::HistoryEntry>> entries_;
};

/// Gives what one diagnosis leaves for the next.
[[nodiscard]] check::HistoryEntry history_entry_of(const check::Facts& facts);

}  // namespace mta_sts::cli
