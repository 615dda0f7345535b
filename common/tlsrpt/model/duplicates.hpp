#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tlsrpt/model/report.hpp"
#include "tlsrpt/model/seen_reports.hpp"

namespace mta_sts::tlsrpt {

/// What makes two reports the same one: organization, report-id, start and domain. Report-ids are not unique
/// among senders, days and domains (R145, RFC 8460 section 5.3).
struct ReportKey {
  std::string organization;
  std::string id;  ///< where the report has none, a mark of its content
  std::string start;
  std::string domain;  ///< the first in order of the report's domains

  bool operator==(const ReportKey&) const = default;
};

[[nodiscard]] ReportKey key_of(const Report& report);

/// Gives a number for the four parts of a ReportKey: two reports of one number are taken for the same one.
[[nodiscard]] std::uint64_t key_mark(std::string_view organization, std::string_view id,
                                     std::string_view start, std::string_view domain);

/// Gives a number that tells whether two reports of one key say the same.
[[nodiscard]] std::uint64_t content_mark(const Report& report);

enum class Novelty : std::uint8_t {
  fresh,      ///< to be counted
  duplicate,  ///< came before, the same by another way
  conflict,   ///< came before and said something else: shown, not counted
};

/// A report that contradicts one that was counted.
struct Conflict {
  ReportKey key;
  std::uint64_t success = 0;
  std::uint64_t failure = 0;
  std::chrono::sys_seconds imported = {};  ///< when it came, where the history knows
  Authentication authentication = Authentication::not_checked;
  Authentication counted = Authentication::not_checked;  ///< of the report that was counted
};

/// Reports that were left out of the counts.
struct LeftOut {
  std::optional<std::size_t> duplicates;  ///< none where they are not known any more
  std::size_t conflicts = 0;
};

/// Tells reports that were counted before. Some 40 bytes a report are kept.
class Duplicates {
 public:
  Novelty judge(const Report& report);

  [[nodiscard]] const LeftOut& left_out() const { return left_out_; }

  /// Gives the first ten conflicts.
  [[nodiscard]] const std::vector<Conflict>& conflicts() const { return conflicts_; }

 private:
  // Unknown to who writes reports, so that none can be made to meet in the table.
  std::uint64_t seed_ = (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  SeenReports seen_;
  LeftOut left_out_{.duplicates = 0};
  std::vector<Conflict> conflicts_;
};

/// Adds up the sessions of a report that count.
[[nodiscard]] Conflict conflict_of(const Report& report);

}  // namespace mta_sts::tlsrpt
