#include "cli/sending/report_delivery.hpp"

#include <utility>
#include <variant>

#include "base/domain_name.hpp"
#include "base/guarded.hpp"
#include "base/utf8.hpp"
#include "os/subprocess.hpp"
#include "outcome/outbox/retry.hpp"
#include "outcome/report/render_mail.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::size_t batch_deliveries = 64;
constexpr std::size_t held_limit_bytes = std::size_t{16} * 1024 * 1024;  // beside the last batch of 8 MiB
constexpr std::size_t ready_limit = 256;                                 // of those that wait for a busy host
constexpr std::size_t open_mails_limit = 8;
constexpr std::size_t open_posts_limit = 64;
constexpr std::size_t open_limit_of_host = 2;
constexpr std::uint64_t host_limit_milliseconds = 10 * 60 * 1000;  // of all its POSTs, in one run
constexpr std::chrono::seconds sendmail_limit{120};
constexpr std::size_t unusable_mails_limit = 3;
constexpr std::size_t results_limit = 8;  // a run that is killed sends again what is not written
constexpr std::uint64_t write_after_milliseconds = 100;
constexpr std::size_t shown_bytes = 200;

// A fault of the receiver's host, and not of one report.
bool is_silent(outcome::PostErrorCode code) {
  using enum outcome::PostErrorCode;
  return code == post_no_address || code == post_unreachable || code == post_timeout;
}

std::string first_line(const std::string& text) {
  return text::escape_for_display(text.substr(0, text.find('\n')), shown_bytes);
}

// All become header fields.
bool has_sound_names(const outcome::ReportIdentity& identity) {
  return DomainName::parse(identity.domain) && DomainName::parse(identity.submitter) &&
         outcome::is_unique_id(identity.unique_id);
}

}  // namespace

/// One run of sendmail on a thread.
struct ReportDelivery::Mail {
  ReportDelivery* owner = nullptr;
  outcome::DueDelivery delivery;
  std::vector<std::string> words;
  std::string text;
  uv_work_t work{};
  std::expected<ProgramResult, std::string> result = std::unexpected(std::string("no memory"));
};

std::expected<void, outcome::OutboxError> ReportDelivery::send_due(const Clock& clock) {
  clock_ = &clock;
  bool is_more = true;
  while (!error_) {
    const std::size_t ready = mails_.size() + posts_.size();
    const bool is_room = mails_.size() < batch_deliveries / 2 && ready < ready_limit;
    if (is_more && is_room && held_bytes_ < held_limit_bytes) {
      is_more = load();
    }
    start();
    if (open_mails_ + open_posts_ > 0) {
      loop_.run_once();
    } else if (!is_more && mails_.empty() && posts_.empty()) {
      break;
    }
  }
  // Nobody is left to call back into this object.
  while (open_mails_ + open_posts_ > 0 && loop_.run_once()) {
  }
  write();
  return error_ ? std::unexpected(*error_) : std::expected<void, outcome::OutboxError>();
}

// Takes more of what is due out of the queue; false where nothing is.
bool ReportDelivery::load() {
  auto batch = outbox_.begin_due(clock_->now(), batch_deliveries);
  if (!batch) {
    error_ = std::move(batch).error();
    return false;
  }
  for (Delivery& delivery : *batch) {
    const std::size_t bytes = delivery.gzip.size();
    auto target = outcome::parse_report_target(delivery.rua);
    if (!target) {
      note(delivery, false, std::string(to_string(target.error())));
    } else if (!has_sound_names(delivery.identity)) {
      note(delivery, false,
           to_line("queue-damaged", "a name of the report is none: its domain, submitter or unique-id"));
    } else if (auto* to = std::get_if<outcome::MailTarget>(&*target)) {
      held_bytes_ += bytes;
      mails_.push_back({std::move(delivery), std::move(*to)});
    } else {
      held_bytes_ += bytes;
      posts_.push_back({std::move(delivery), std::get<outcome::PostTarget>(*std::move(target))});
    }
  }
  return !batch->empty();
}

void ReportDelivery::start() {
  start_mails();
  start_posts();
}

void ReportDelivery::start_mails() {
  while (!mails_.empty() && open_mails_ < open_mails_limit && !error_) {
    const auto next = std::move(mails_.front());
    mails_.pop_front();
    if (unusable_mails_ < unusable_mails_limit) {
      mail(next.delivery, next.target);
      continue;
    }
    held_bytes_ -= next.delivery.gzip.size();
    note(next.delivery, false, to_line("sendmail-unusable", "other mails could not be handed over just now"));
  }
}

// Begins what has a place: the first whose host is not busy.
void ReportDelivery::start_posts() {
  for (auto place = posts_.begin(); place != posts_.end() && open_posts_ < open_posts_limit && !error_;) {
    const std::string& host = place->target.host;
    const bool is_slow = slow_hosts_.contains(host);
    if (!is_slow && hosts_[host].open >= open_limit_of_host) {
      ++place;
      continue;
    }
    const auto next = std::move(*place);
    place = posts_.erase(place);
    if (is_slow) {
      held_bytes_ -= next.delivery.gzip.size();
      note(next.delivery, false,
           to_line("post-timeout", next.target.host + " did not answer another report just now"));
    } else {
      post(next.delivery, next.target);
    }
  }
}

void ReportDelivery::mail(const Delivery& delivery, const outcome::MailTarget& to) {
  auto mail = std::make_unique<Mail>();
  mail->owner = this;
  mail->delivery = delivery;
  mail->words = {sendmail_, "-i", "-f", setup_.from.address, "--", to.address};
  mail->text = outcome::render_mail(
      {.identity = delivery.identity, .from = setup_.from, .to = to, .made = delivery.made}, delivery.gzip);
  mail->work.data = mail.get();
  const auto on_thread = [](uv_work_t* work) {
    auto* here = static_cast<Mail*>(work->data);
    guarded_void([&] { here->result = run_program(here->words, sendmail_limit, {}, here->text); });
  };
  const auto on_end = [](uv_work_t* work, int) {
    const std::unique_ptr<Mail> here(static_cast<Mail*>(work->data));
    ReportDelivery& owner = *here->owner;
    --owner.open_mails_;
    owner.held_bytes_ -= here->delivery.gzip.size();
    guarded_void([&] {
      if (!here->result) {
        ++owner.unusable_mails_;
        owner.note(here->delivery, false, to_line("sendmail-unusable", here->result.error()));
      } else if (here->result->exit_code != 0) {
        owner.note(here->delivery, false,
                   to_line("sendmail-failed", "exit code " + std::to_string(here->result->exit_code) + ": " +
                                                  first_line(here->result->errors)));
      } else {
        owner.note(here->delivery, true, "given to sendmail");
      }
    });
  };
  if (uv_queue_work(loop_.get(), &mail->work, on_thread, on_end) != 0) {
    held_bytes_ -= delivery.gzip.size();
    note(delivery, false, to_line("sendmail-unusable", "no memory"));
    return;
  }
  ++open_mails_;
  static_cast<void>(mail.release());  // on_end() has it
}

void ReportDelivery::post(const Delivery& delivery, const outcome::PostTarget& target) {
  ++open_posts_;
  ++hosts_[target.host].open;
  // Without the report's bytes, which the poster has.
  Delivery known = delivery;
  known.gzip.clear();
  poster_.post(target, delivery.gzip,
               [this, known = std::move(known), host = target.host, bytes = delivery.gzip.size(),
                begun = uv_now(loop_.get())](const outcome::PostOutcome& outcome) {
                 --open_posts_;
                 held_bytes_ -= bytes;
                 on_posted(known, host, begun, outcome);
               });
}

void ReportDelivery::on_posted(const Delivery& delivery, const std::string& name, std::uint64_t begun,
                               const outcome::PostOutcome& outcome) {
  const auto host = hosts_.find(name);
  --host->second.open;
  host->second.spent_milliseconds += uv_now(loop_.get()) - begun;
  if ((!outcome && is_silent(outcome.error().code)) ||
      host->second.spent_milliseconds >= host_limit_milliseconds) {
    slow_hosts_.insert(name);
  }
  if (host->second.open == 0) {
    hosts_.erase(host);
  }
  if (outcome) {
    note(delivery, true, *outcome);
  } else {
    note(delivery, false, to_line(to_string(outcome.error().code), outcome.error().detail));
  }
}

void ReportDelivery::note(const Delivery& delivery, bool is_sent, const std::string& answer) {
  counts_.sent += is_sent ? 1U : 0U;
  counts_.failed += is_sent ? 0U : 1U;
  if (!is_sent) {
    const bool is_last = outcome::is_last_attempt(clock_->now(), delivery.made);
    warnings_.say(text::escape_for_display(delivery.identity.domain, shown_bytes) + ": " +
                  text::escape_for_display(delivery.rua, shown_bytes) + ": " + answer +
                  (is_last ? "; given up after 24 hours" : ""));
  }
  results_.push_back({.id = delivery.id, .is_sent = is_sent, .answer = answer});
  if (results_.size() >= results_limit) {
    write();
  } else if (results_.size() == 1) {
    writing_.start(write_after_milliseconds);
  }
}

// Writes the results of several at once: each transaction waits for the disk.
void ReportDelivery::write() {
  if (results_.empty()) {
    return;
  }
  const auto given_up = outbox_.finish(results_, clock_->now());
  results_.clear();
  if (given_up) {
    counts_.given_up += *given_up;
  } else {
    error_ = given_up.error();
  }
}

}  // namespace mta_sts::cli
