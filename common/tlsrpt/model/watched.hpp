#pragma once

#include <optional>

#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/model/reporting_days.hpp"
#include "tlsrpt/model/sender_weights.hpp"
#include "tlsrpt/model/watch_span.hpp"

namespace mta_sts::tlsrpt {

/// What an alert looks at, from the rows of a history in the order of their days.
class Watched final : public RowSink {
 public:
  /// `today` is the current day, UTC.
  Watched(const WatchSpan& span, std::chrono::sys_days today) : senders(today), domains(today), span_(span) {}

  void session(const SessionRow& row) override;
  void failure(const FailureRow& row) override;

  [[nodiscard]] const WatchSpan& span() const { return span_; }

  /// Gives the number of all reports, those outside of the span too.
  [[nodiscard]] std::uint64_t reports() const { return report_; }

  /// Gives the time of the latest import; the beginning of 1970 without any.
  [[nodiscard]] std::chrono::sys_seconds newest_import() const { return newest_import_; }

  Metrics now;            ///< the reports that are watched
  Metrics before;         ///< those that they are compared with
  SenderWeights weights;  ///< of the sessions that count
  SenderWeights dane;     ///< of those under DANE, counted under MTA-STS too or not
  ReportingDays senders;
  ReportingDays domains;

 private:
  template <typename Row>
  void count(const Row& row);

  WatchSpan span_;
  std::uint64_t report_ = 0;
  std::chrono::sys_seconds newest_import_{};
};

}  // namespace mta_sts::tlsrpt
