#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "cli/output.hpp"
#include "cli/report/sending_options.hpp"
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

/// Sends what is due of a queue, several at once: mails through sendmail on libuv's threads, the others by
/// POST. Each result is noted as soon as it is known.
class ReportDelivery {
 public:
  ReportDelivery(Output& output, const SendingSetup& setup, const std::string& sendmail, UvLoop& loop,
                 outcome::ReportPoster& poster, outcome::Outbox& outbox)
      : output_(output), setup_(setup), sendmail_(sendmail), loop_(loop), poster_(poster), outbox_(outbox) {}

  /// Sends until nothing is due. Error: the queue fails.
  [[nodiscard]] std::expected<void, outcome::OutboxError> send_due(const Clock& clock);

  [[nodiscard]] const DeliveryCounts& counts() const { return counts_; }

  /// Tells whether sendmail could not even be started.
  [[nodiscard]] bool is_sendmail_unusable() const { return is_sendmail_unusable_; }

 private:
  struct Mail;

  void start_more();
  void mail(const outcome::DueDelivery& delivery, const outcome::MailTarget& to);
  void post(const outcome::DueDelivery& delivery, const outcome::PostTarget& target);
  void note(const outcome::DueDelivery& delivery, bool is_sent, const std::string& answer);

  Output& output_;
  const SendingSetup& setup_;
  const std::string& sendmail_;
  UvLoop& loop_;
  outcome::ReportPoster& poster_;
  outcome::Outbox& outbox_;
  const Clock* clock_ = nullptr;
  std::deque<outcome::DueDelivery> ready_;  // of the batch, not begun
  std::size_t open_ = 0;
  std::map<std::string, std::size_t> open_at_;  // by host, of those by POST
  std::set<std::string> silent_hosts_;          // that did not answer in this run
  std::optional<outcome::OutboxError> error_;
  DeliveryCounts counts_;
  bool is_sendmail_unusable_ = false;
};

}  // namespace mta_sts::cli
