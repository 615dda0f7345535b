#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "cli/sending/bounded_warnings.hpp"
#include "cli/sending/report_records.hpp"
#include "cli/sending/sending_options.hpp"
#include "os/uv_loop.hpp"
#include "outcome/outbox/outbox.hpp"
#include "outcome/tally/tally_reader.hpp"
#include "sender/dns_lookup.hpp"

namespace mta_sts::cli {

/// Why the making of reports stopped: the file of counts or the queue fails. What is done stays done.
struct MakingError {
  std::string_view word;
  std::string detail;
};

/// A report that is about to be queued, to print.
struct MadeReport {
  const std::string& domain;
  const std::vector<outcome::Recipient>& to;
  const std::string& json;
};

/// How many domains of a day had what.
struct MakingCounts {
  std::size_t reports = 0;
  std::size_t over_limit = 0;  ///< ways of a report to a receiver that has its share of the day
  std::size_t without_record = 0;
  std::size_t undecided = 0;
};

/// Makes the reports of days from what was counted, for the domains whose TLSRPT record wants them.
class ReportMaker {
 public:
  ReportMaker(BoundedWarnings& warnings, const SendingSetup& setup, UvLoop& loop, sender::DnsLookup& dns,
              outcome::TallyReader& tally)
      : warnings_(warnings), setup_(setup), loop_(loop), dns_(dns), tally_(tally) {}

  /// Queues the reports of a day that are not queued yet, and those of domains whose record was not known
  /// before. The queue is written some domains at a time: a run that is killed goes on from there, and so
  /// does the next one where DNS is away, so that what is due already need not wait.
  [[nodiscard]] std::expected<void, MakingError> queue_day(outcome::Outbox& outbox, std::chrono::sys_days day,
                                                           const Clock& clock);

  /// Gives the reports of a day to `take`, and queues nothing.
  [[nodiscard]] std::expected<void, MakingError> show_day(std::chrono::sys_days day,
                                                          const std::function<void(const MadeReport&)>& take);

  [[nodiscard]] const MakingCounts& counts() const { return counts_; }

 private:
  using Take = std::function<void(const MadeReport&)>;

  template <typename T>
  using Result = std::expected<T, MakingError>;
  /// What is done with a decision, before the next one is made.
  using Put = std::function<Result<void>(outcome::DomainDecision)>;

  Result<void> decide(std::chrono::sys_days day, const std::vector<std::string>& names, const Take& take,
                      const Put& put);
  Result<outcome::DomainDecision> decide_one(std::chrono::sys_days day, const std::string& name,
                                             Recipients recipients, const Take& take);
  outcome::NewReport make(std::chrono::sys_days day, const std::string& unique_id,
                          const outcome::DomainCounts& counts, std::vector<outcome::Recipient> to,
                          const Take& take);
  // Nobody is asked any more: a run takes a minute for that, for each of its days, new domains and old ones.
  [[nodiscard]] bool is_dns_away() const;
  void begin_asking();
  [[nodiscard]] std::vector<Recipients> ask(const std::vector<std::string>& domains);
  Result<void> queue_undecided(outcome::Outbox& outbox, std::chrono::sys_days day, const Clock& clock);
  Result<void> queue(outcome::Outbox& outbox, std::chrono::sys_days day,
                     const std::vector<std::string>& names,
                     const std::optional<outcome::DayProgress>& progress, const Clock& clock);

  BoundedWarnings& warnings_;
  const SendingSetup& setup_;
  UvLoop& loop_;
  sender::DnsLookup& dns_;
  outcome::TallyReader& tally_;
  MakingCounts counts_;
  unsigned unanswered_pages_ = 0;  // in a row
  std::size_t unanswered_domains_ = 0;
};

}  // namespace mta_sts::cli
