#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "outcome/outbox/outbox_error.hpp"
#include "outcome/report/report_identity.hpp"

namespace mta_sts::outcome {

/// Where a report goes.
struct Recipient {
  std::string uri;
  std::string receiver;  ///< whose that is (receiver_of): so many reports of a day go to one of them
};

/// A report as it is queued, and whom it goes to.
struct NewReport {
  std::string submitter;
  std::string unique_id;
  std::string gzip;
  std::size_t json_bytes = 0;
  std::uint64_t success = 0;
  std::uint64_t failure = 0;
  std::vector<Recipient> to;
};

/// What became of a domain of a day: a report, none (it wants none), or not known yet.
struct DomainDecision {
  std::string domain;
  std::optional<NewReport> report;
  bool is_undecided = false;  ///< its record could not be looked up: asked again by the next run
};

/// How far the reports of a day are made.
struct DayProgress {
  std::string last_domain;  ///< the domains up to this one are decided
  bool is_complete = false;
};

/// One way of a report: to one URI.
struct DueDelivery {
  std::int64_t id = 0;
  ReportIdentity identity;
  std::string rua;
  std::string gzip;
  std::chrono::sys_seconds made;
};

/// What an attempt came to; `answer` is a sentence, safe to show.
struct DeliveryResult {
  std::int64_t id = 0;
  bool is_sent = false;
  std::string answer;
};

enum class DeliveryState : std::uint8_t { waiting, under_way, sent, given_up };

/// Gives "waiting", "under-way", "sent" or "given-up".
[[nodiscard]] std::string_view to_string(DeliveryState state);

/// A delivery with all that is known of it, to show.
struct KnownDelivery {
  ReportIdentity identity;
  std::string rua;
  DeliveryState state = DeliveryState::waiting;
  unsigned attempts = 0;
  std::chrono::sys_seconds last;  ///< attempt; the epoch: none
  std::chrono::sys_seconds next;  ///< attempt, where it waits
  std::string answer;
  std::uint64_t success = 0;  ///< sessions in the report
  std::uint64_t failure = 0;
  std::string gzip;
  std::size_t json_bytes = 0;
};

/// Whom KnownDelivery is asked of.
struct DeliveryFilter {
  std::string domain;                          ///< empty: all
  std::optional<std::chrono::sys_days> since;  ///< the first day
  bool with_reports = false;                   ///< else KnownDelivery::gzip is empty
};

enum class OutboxAccess : std::uint8_t {
  send,  ///< made where there is none; for one process at a time
  look,  ///< while another process sends, too
};

/// The queue of reports in one SQLite file: what is to be sent, what was, and how far a day's reports are
/// made. A delivery is marked before it is handed over and after that, so a run that is killed in between
/// leaves one that the next run hands over again: at least once, with the same report-id.
class Outbox {
 public:
  template <typename T>
  using Result = std::expected<T, OutboxError>;

  /// The most reports of a day that go to one receiver, unless somebody says otherwise. Whoever writes a
  /// TLSRPT record can name anybody's mailbox or host in it, and many domains can name the same one.
  static constexpr std::uint64_t default_receiver_limit = 1000;

  [[nodiscard]] static Result<std::unique_ptr<Outbox>> open(
      const std::string& path, OutboxAccess access, std::uint64_t receiver_limit = default_receiver_limit);

  virtual ~Outbox() = default;

  [[nodiscard]] virtual Result<DayProgress> progress(std::chrono::sys_days day) = 0;

  /// Takes up what a run before this one left under way. Where the clock was set back, what a run of the
  /// future noted is put right: a day that is not over is not complete, and what waits does not wait for that
  /// future.
  [[nodiscard]] virtual Result<void> begin_run(std::chrono::sys_seconds now) = 0;

  /// Notes what became of domains, all of it or, on an error, nothing. With `progress` the day is that far.
  /// The report of a domain and day that is there stays. Gives how many ways of a report are given up at
  /// once, because the receiver has its share of the day.
  [[nodiscard]] virtual Result<std::size_t> decide(std::chrono::sys_days day,
                                                   std::span<const DomainDecision> decisions,
                                                   const std::optional<DayProgress>& progress,
                                                   std::chrono::sys_seconds now) = 0;

  /// Gives at most `most` domains of a day that are undecided, in their order, from the first one behind
  /// `after`.
  [[nodiscard]] virtual Result<std::vector<std::string>> undecided(std::chrono::sys_days day,
                                                                   std::string_view after,
                                                                   std::size_t most) = 0;

  /// Gives an undecided domain of a day, any of them; empty where there is none.
  [[nodiscard]] virtual Result<std::string> any_undecided(std::chrono::sys_days day) = 0;

  /// Marks at most `most` deliveries whose time has come as under way, and gives them; fewer where their
  /// reports are large.
  [[nodiscard]] virtual Result<std::vector<DueDelivery>> begin_due(std::chrono::sys_seconds now,
                                                                   std::size_t most) = 0;

  /// Notes what attempts came to. What was not sent is tried again (next_attempt) or, after tried_for, given
  /// up; gives how many were given up.
  [[nodiscard]] virtual Result<std::size_t> finish(std::span<const DeliveryResult> results,
                                                   std::chrono::sys_seconds now) = 0;

  /// Forgets the reports that do not wait, but those of the last `kept` days before `today` whose reports
  /// were made. By number and not by date: a clock that jumps ahead adds the days of a run, and takes no
  /// more.
  [[nodiscard]] virtual Result<void> forget(std::chrono::sys_days today, unsigned kept) = 0;

  /// Forgets the domains that have been undecided for longer than tried_for, and gives their number.
  [[nodiscard]] virtual Result<std::size_t> give_up_undecided(std::chrono::sys_seconds now) = 0;

  /// Gives the number of deliveries that wait.
  [[nodiscard]] virtual Result<std::size_t> waiting() = 0;

  /// Gives the deliveries that are kept, by day, domain and URI.
  [[nodiscard]] virtual Result<void> visit(const DeliveryFilter& filter,
                                           const std::function<void(const KnownDelivery&)>& take) = 0;
};

}  // namespace mta_sts::outcome
