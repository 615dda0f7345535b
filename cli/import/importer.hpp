#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "tlsrpt/history/history.hpp"
#include "tlsrpt/model/report.hpp"

namespace mta_sts::cli {

/// Collects reports and puts them into the history by the batch. After an error it takes no more.
class Importer {
 public:
  /// Tells, after an error, whether the batch is to be tried once more; may wait before.
  using Retry = std::function<bool(const tlsrpt::HistoryError&)>;

  explicit Importer(tlsrpt::History& history, Retry retry = {});

  void import_report(const tlsrpt::Report& report) { add(report); }

  /// Takes what another history keeps.
  void import_kept(const tlsrpt::KeptReport& kept) { add(kept); }

  /// Puts in what was collected. False where not all reports since the last call are in the history.
  bool flush();

  [[nodiscard]] const tlsrpt::ImportCounts& counts() const { return counts_; }
  [[nodiscard]] const std::optional<tlsrpt::HistoryError>& error() const { return error_; }

 private:
  /// Reports put in by one transaction: few enough to hold in memory whatever their size, and enough for a
  /// mailbox of many domains, one after the other, to touch each page of the history seldom.
  static constexpr std::size_t batch_bytes = 2U << 20;

  template <typename Kind>
  void add(const Kind& report) {
    if (error_) {
      return;
    }
    batch_.add(report);
    if (batch_.is_full()) {
      flush();
    }
  }

  tlsrpt::History& history_;
  Retry retry_;
  std::chrono::sys_seconds now_;
  tlsrpt::ReportBatch batch_{batch_bytes};
  tlsrpt::ImportCounts counts_;
  std::optional<tlsrpt::HistoryError> error_;
};

}  // namespace mta_sts::cli
