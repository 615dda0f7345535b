#include "cli/report/report_delivery.hpp"

#include <utility>
#include <variant>

#include "base/guarded.hpp"
#include "base/utf8.hpp"
#include "os/subprocess.hpp"
#include "outcome/report/render_mail.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::size_t batch_deliveries = 64;
constexpr std::size_t open_limit = 16;
constexpr std::size_t open_limit_of_host = 2;
constexpr std::chrono::seconds sendmail_limit{120};
constexpr std::size_t shown_bytes = 200;

// A fault of the receiver's host, and not of one report.
bool is_silent(outcome::PostErrorCode code) {
  using enum outcome::PostErrorCode;
  return code == post_no_address || code == post_unreachable || code == post_timeout;
}

std::string first_line(const std::string& text) {
  return text::escape_for_display(text.substr(0, text.find('\n')), shown_bytes);
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
  while (!error_) {
    auto batch = outbox_.begin_due(clock.now(), batch_deliveries);
    if (!batch) {
      return std::unexpected(std::move(batch).error());
    }
    if (batch->empty()) {
      return {};
    }
    ready_.assign(std::make_move_iterator(batch->begin()), std::make_move_iterator(batch->end()));
    start_more();
    while (open_ > 0 && loop_.run_once()) {
      start_more();
    }
  }
  return std::unexpected(*error_);
}

// Begins what has a place: the first of the batch whose host is not busy.
void ReportDelivery::start_more() {
  for (auto next = ready_.begin(); next != ready_.end() && open_ < open_limit && !error_;) {
    const auto target = outcome::parse_report_target(next->rua);
    const auto* https = target ? std::get_if<outcome::PostTarget>(&*target) : nullptr;
    if (https != nullptr && !silent_hosts_.contains(https->host) &&
        open_at_[https->host] >= open_limit_of_host) {
      ++next;
      continue;
    }
    const outcome::DueDelivery delivery = std::move(*next);
    next = ready_.erase(next);
    if (!target) {
      note(delivery, false, std::string(to_string(target.error())));
    } else if (https == nullptr) {
      mail(delivery, std::get<outcome::MailTarget>(*target));
    } else if (silent_hosts_.contains(https->host)) {
      note(delivery, false, to_line("post-timeout", https->host + " did not answer another report just now"));
    } else {
      post(delivery, *https);
    }
  }
}

void ReportDelivery::mail(const outcome::DueDelivery& delivery, const outcome::MailTarget& to) {
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
    guarded_void([&] {
      ReportDelivery& owner = *here->owner;
      --owner.open_;
      if (!here->result) {
        owner.is_sendmail_unusable_ = true;
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
    note(delivery, false, to_line("sendmail-unusable", "no memory"));
    return;
  }
  ++open_;
  static_cast<void>(mail.release());  // on_end() has it
}

void ReportDelivery::post(const outcome::DueDelivery& delivery, const outcome::PostTarget& target) {
  ++open_;
  ++open_at_[target.host];
  // Without the report's bytes, which the poster has.
  outcome::DueDelivery known = delivery;
  known.gzip.clear();
  poster_.post(target, delivery.gzip,
               [this, known = std::move(known), host = target.host](const outcome::PostOutcome& outcome) {
                 --open_;
                 --open_at_[host];
                 if (outcome) {
                   note(known, true, *outcome);
                   return;
                 }
                 if (is_silent(outcome.error().code)) {
                   silent_hosts_.insert(host);
                 }
                 note(known, false, to_line(to_string(outcome.error().code), outcome.error().detail));
               });
}

void ReportDelivery::note(const outcome::DueDelivery& delivery, bool is_sent, const std::string& answer) {
  const outcome::DeliveryResult result{.id = delivery.id, .is_sent = is_sent, .answer = answer};
  const auto given_up = outbox_.finish({&result, 1}, clock_->now());
  if (!given_up) {
    error_ = given_up.error();
    return;
  }
  counts_.sent += is_sent ? 1U : 0U;
  counts_.failed += is_sent ? 0U : 1U;
  counts_.given_up += *given_up;
  if (!is_sent) {
    output_.warning(delivery.identity.domain + ": " + text::escape_for_display(delivery.rua, shown_bytes) +
                    ": " + answer + (*given_up > 0 ? "; given up after 24 hours" : ""));
  }
}

}  // namespace mta_sts::cli
