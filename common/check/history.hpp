#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/facts.hpp"

namespace mta_sts::check {

/// What earlier diagnoses saw, one JSON object a line: domain, seen, id, body_sha256, policy_id, mode,
/// max_age, mx.
class CheckHistory {
 public:
  /// Reads the lines. One that was cut, as by a full disk, is passed over; what was added behind it in the
  /// same line counts. Error: the number, from 1, of the first line that is no line of a history, so that a
  /// wrong file is not added to.
  [[nodiscard]] static std::expected<CheckHistory, std::size_t> parse(std::string_view lines);

  /// Gives a domain's entries, oldest first.
  [[nodiscard]] std::vector<HistoryEntry> of(const std::string& domain) const;

  /// Gives what these facts say where it differs from the last entry, or that is over a day old; nothing
  /// where there is none to add, as where DNS gave no answer. The first entry of a domain says that nothing
  /// is served only where that was seen, and not where a look failed.
  [[nodiscard]] std::optional<HistoryEntry> new_entry(const Facts& facts) const;

  /// Adds an entry after the others of its domain. To be called once its line is written.
  void add(const std::string& domain, HistoryEntry entry);

 private:
  std::map<std::string, std::vector<HistoryEntry>> entries_;
};

/// Tells whether two diagnoses saw the same policy: what it means, and not how its lines end.
[[nodiscard]] bool has_same_policy(const HistoryEntry& a, const HistoryEntry& b);

/// Gives the line of an entry, with its LF, as History::parse() reads it.
[[nodiscard]] std::string render_line(const std::string& domain, const HistoryEntry& entry);

}  // namespace mta_sts::check
