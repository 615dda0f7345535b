#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tlsrpt/history/text_table.hpp"
#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/model/report.hpp"

namespace mta_sts::tlsrpt {

/// What the history keeps of a report beside its rows. Views hold for the call that gives it.
struct BatchReport {
  std::optional<std::chrono::sys_days> day = {};
  std::string_view organization = {};  ///< this and the next three are its ReportKey
  std::string_view id = {};
  std::string_view start = {};
  std::string_view domain = {};
  std::string_view contact = {};
  std::int64_t content = 0;  ///< content_mark()
  Sessions sessions = {};    ///< those that count
  Authentication authentication = Authentication::not_checked;
  std::optional<std::chrono::sys_seconds> imported = {};  ///< into another history; none: it comes now
  bool is_conflict = false;                               ///< was left out of that history, and has no rows
};

/// A report as a history gives it to another one. Views hold for the call that gives it.
struct KeptReport {
  BatchReport report;
  std::span<const SessionRow> sessions;
  std::span<const FailureRow> failures;
};

/// Takes the reports of a batch.
class BatchSink : public RowSink {
 public:
  /// Tells whether the report's rows are wanted; they come before the next report.
  virtual bool report(const BatchReport& report) = 0;
};

/// Reports on their way into the history, as the some 80 bytes that it keeps of one: the more of them go in
/// together, the fewer pages of the file are touched for each.
class ReportBatch {
 public:
  /// A batch is full once its reports take `limit` bytes, below 4 GiB.
  explicit ReportBatch(std::size_t limit);

  /// Full or not, it takes one report more.
  void add(const Report& report);
  void add(const KeptReport& kept);

  [[nodiscard]] bool empty() const { return places_.empty(); }
  [[nodiscard]] bool is_full() const;

  /// Forgets the reports.
  void clear();

  /// Gives the reports day by day, which is the order of the history's tables; those of a day in the order
  /// they came. They stay in the batch.
  void visit(BatchSink& sink);

 private:
  void add_place(const std::optional<std::chrono::sys_days>& day);

  struct Place {
    std::int32_t day = 0;
    std::uint32_t offset = 0;

    auto operator<=>(const Place&) const = default;
  };

  std::size_t limit_;
  TextTable texts_;
  std::string packed_;
  std::vector<Place> places_;
};

}  // namespace mta_sts::tlsrpt
