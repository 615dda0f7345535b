#include "cli/import/import_watch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.hpp"
#include "cli/import/folder_intake.hpp"
#include "cli/import/folder_watch.hpp"
#include "cli/import/import_metrics.hpp"
#include "cli/import/import_text.hpp"
#include "cli/import/mailbox_intake.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "resolver/notify.hpp"

namespace mta_sts::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Moment = std::chrono::steady_clock::time_point;

constexpr seconds history_pause_most{60};
constexpr seconds mailbox_pause_least{5};
constexpr seconds away_pause{5};      // between looks for a folder that is not there
constexpr seconds settling_pause{2};  // between looks at a file that may still be being written
constexpr milliseconds rest_least{100};
constexpr int rest_factor = 5;  // of the time that a look took, before the next

/// Growing waits.
class Pause {
 public:
  Pause(seconds least, seconds most) : least_(least), most_(std::max(least, most)), next_(least) {}
  seconds take() { return std::exchange(next_, std::min(most_, 2 * next_)); }
  void reset() { next_ = least_; }

 private:
  seconds least_;
  seconds most_;
  seconds next_;
};

class ImportWatch {
 public:
  ImportWatch(Output& output, const ImportOptions& options, StopSignal& stop)
      : output_(output),
        options_(options),
        stop_(stop),
        surroundings_{
            .output = output,
            .options = options,
            .stop = stop,
            .alive = [this] { tell_alive(); },
            .retry = [this](const tlsrpt::HistoryError& error) { return wait_for_history(error); }} {}

  ExitCode folders() {
    auto intake = FolderIntake::open(surroundings_);
    if (!intake) {
      output_.error(intake.error());
      return ExitCode::wrong_use;
    }
    manager_.ready("watches");
    FolderWatch watch;
    while (!stop_.has_come()) {
      const Moment begun = std::chrono::steady_clock::now();
      watch.forget();
      FolderLook look = intake->look();
      if (watch.follow(look.folders)) {
        look = intake->look();
      }
      intake->leave_out_told(look);
      const auto took = std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - begun);
      metrics_.set_left(intake->left());
      if (!run_pass(look.files.empty() && look.errors.empty(),
                    [&](tlsrpt::History& history) { return intake->import(history, look); })) {
        return failure_;
      }
      rest(std::max(rest_least, rest_factor * took));
      wait(look.is_away         ? away_pause
           : look.has_unsettled ? settling_pause
                                : seconds(options_.every_seconds),
           watch.descriptor());
    }
    return ExitCode::ok;
  }

  ExitCode mailbox() {
    auto intake = MailboxIntake::open(surroundings_);
    if (!intake) {
      output_.error(intake.error());
      return ExitCode::wrong_use;
    }
    manager_.ready("watches");
    const seconds every(options_.every_seconds);
    Pause pause(std::min(mailbox_pause_least, every), every);
    while (!stop_.has_come()) {
      bool is_reached = true;
      const auto import = [&](tlsrpt::History& history) {
        PassResult pass = intake->import(history);
        // Whatever the server says, somebody may mend it.
        is_reached = !pass.failure || pass.has_history_failed;
        return pass;
      };
      if (!run_pass(false, import)) {
        return failure_;
      }
      if (is_reached) {
        pause.reset();
      }
      wait(is_reached ? every : pause.take(), -1);
    }
    return ExitCode::ok;
  }

 private:
  // False where the history cannot be used, and waiting mends nothing.
  template <typename Import>
  bool run_pass(bool is_idle, Import import) {
    PassResult pass;
    if (!is_idle) {
      const auto history = open_patiently();
      if (!history) {
        return stop_.has_come();
      }
      pass = import(**history);
      metrics_.add(pass);
      tell(pass);
    }
    if (pass.has_history_failed && !stop_.has_come()) {
      failure_ = *pass.failure;
      return false;
    }
    if (!pass.failure && !options_.metrics.empty() && !stop_.has_come()) {
      write_metrics(is_idle);
    }
    return true;
  }

  // Where they are beside a folder that is listened to, each writing makes it look once more.
  void write_metrics(bool is_idle) {
    const Moment now = std::chrono::steady_clock::now();
    if (is_idle && now < next_metrics_) {
      return;
    }
    next_metrics_ = now + seconds(options_.every_seconds);
    if (const auto written = metrics_.write(options_.metrics, SystemClock().now()); !written) {
      output_.error(written.error());
    }
  }

  void tell(const PassResult& pass) {
    if (!options_.common.quiet && pass.inputs + pass.read.refused > 0) {
      output_.note(to_sentence(pass));
    }
  }

  // A history that is busy, or whose disk is full, is waited for.
  std::expected<std::unique_ptr<tlsrpt::History>, ExitCode> open_patiently() {
    while (true) {
      auto history = open_history(output_, options_.common, tlsrpt::HistoryAccess::create);
      if (history || history.error() != ExitCode::temporary) {
        failure_ = history ? failure_ : history.error();
        history_pause_.reset();
        return history;
      }
      wait(history_pause_.take(), -1);
      if (stop_.has_come()) {
        return history;
      }
    }
  }

  bool wait_for_history(const tlsrpt::HistoryError& error) {
    if (exit_code_of(to_string(error.code)) != ExitCode::temporary || stop_.has_come()) {
      return false;
    }
    static_cast<void>(report_failure(output_, error));
    wait(history_pause_.take(), -1);
    return true;
  }

  void tell_alive() {
    const Moment now = std::chrono::steady_clock::now();
    if (now >= next_alive_) {
      next_alive_ = now + seconds(1);
      manager_.alive();
    }
  }

  void wait(seconds limit, int descriptor) {
    const Deadline end = Deadline::in(limit);
    bool has_event = false;
    while (!end.passed() && !stop_.has_come() && !has_event) {
      tell_alive();
      has_event = stop_.wait(std::min<milliseconds>(end.left(), seconds(10)), descriptor);
    }
  }

  void rest(milliseconds length) {
    const Deadline end = Deadline::in(length);
    while (!end.passed() && !stop_.has_come()) {
      tell_alive();
      stop_.wait(std::min<milliseconds>(end.left(), seconds(10)));
    }
  }

  Output& output_;
  const ImportOptions& options_;
  StopSignal& stop_;
  resolver::ServiceManager manager_;
  ImportSurroundings surroundings_;
  ImportMetrics metrics_;
  Pause history_pause_{seconds(1), history_pause_most};
  Moment next_alive_;
  Moment next_metrics_;
  ExitCode failure_ = ExitCode::ok;
};

}  // namespace

ExitCode watch_imports(Output& output, const ImportOptions& options, StopSignal& stop) {
  ImportWatch watch(output, options, stop);
  return options.imap.empty() ? watch.folders() : watch.mailbox();
}

}  // namespace mta_sts::cli
