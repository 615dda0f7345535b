#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "cli/sending/bounded_warnings.hpp"
#include "cli/sending/sending_options.hpp"
#include "os/uv_handles.hpp"
#include "os/uv_loop.hpp"
#include "outcome/outbox/outbox.hpp"
#include "outcome/post/report_poster.hpp"

namespace mta_sts::cli {

/// How many deliveries came to what.
struct DeliveryCounts {
  std::size_t sent = 0;
  std::size_t failed = 0;  ///< and are tried again, or given up
  std::size_t given_up = 0;
};

/// Sends what is due of a queue, many at once: mails through sendmail on libuv's threads, the others by POST.
/// A receiver that is silent or slow holds up its own reports, and few others.
class ReportDelivery {
 public:
  ReportDelivery(BoundedWarnings& warnings, const SendingSetup& setup, const std::string& sendmail,
                 UvLoop& loop, outcome::ReportPoster& poster, outcome::Outbox& outbox)
      : warnings_(warnings),
        setup_(setup),
        sendmail_(sendmail),
        loop_(loop),
        poster_(poster),
        outbox_(outbox),
        writing_(loop.get(), [this] { write(); }) {}

  /// Sends until nothing is due. Error: the queue fails.
  [[nodiscard]] std::expected<void, outcome::OutboxError> send_due(const Clock& clock);

  [[nodiscard]] const DeliveryCounts& counts() const { return counts_; }

  /// Tells whether sendmail could not even be started, or did not end.
  [[nodiscard]] bool is_sendmail_unusable() const { return unusable_mails_ > 0; }

 private:
  using Delivery = outcome::DueDelivery;

  struct Mail;

  /// A report that waits for a place in a run: which of the two it is, its target says.
  template <typename Target>
  struct Ready {
    Delivery delivery;
    Target target;
  };

  /// What a host has had of this run.
  struct Host {
    std::size_t open = 0;
    std::uint64_t spent_milliseconds = 0;
  };

  bool load();
  void start();
  void start_mails();
  void start_posts();
  void mail(const Delivery& delivery, const outcome::MailTarget& to);
  void post(const Delivery& delivery, const outcome::PostTarget& target);
  void on_posted(const Delivery& delivery, const std::string& host, std::uint64_t begun,
                 const outcome::PostOutcome& outcome);
  void note(const Delivery& delivery, bool is_sent, const std::string& answer);
  void write();

  BoundedWarnings& warnings_;
  const SendingSetup& setup_;
  const std::string& sendmail_;
  UvLoop& loop_;
  outcome::ReportPoster& poster_;
  outcome::Outbox& outbox_;
  const Clock* clock_ = nullptr;
  std::deque<Ready<outcome::MailTarget>> mails_;
  std::deque<Ready<outcome::PostTarget>> posts_;
  std::size_t open_mails_ = 0;
  std::size_t open_posts_ = 0;
  std::size_t held_bytes_ = 0;         // of reports that are ready or under way
  std::map<std::string, Host> hosts_;  // of those by POST that are under way
  std::set<std::string> slow_hosts_;   // that get nothing more in this run
  std::size_t unusable_mails_ = 0;     // that sendmail was not even started for, or did not end with
  std::vector<outcome::DeliveryResult> results_;  // not written yet
  UvTimer writing_;
  std::optional<outcome::OutboxError> error_;
  DeliveryCounts counts_;
};

}  // namespace mta_sts::cli
