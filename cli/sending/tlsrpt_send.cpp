#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "cli/sending/report_delivery.hpp"
#include "cli/sending/report_making.hpp"
#include "cli/sending/sending_check.hpp"
#include "cli/sending/sending_options.hpp"
#include "cli/tlsrpt/tlsrpt_commands.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "os/uv_loop.hpp"
#include "outcome/outbox/outbox.hpp"
#include "outcome/tally/tally_reader.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::cli {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

/// Sessions of a day's last seconds reach the file when the resolver has written them: mostly within a
/// second, later where the disk is slow. What comes after a report was made is in none.
constexpr std::chrono::minutes written_after{5};

/// The days of a run: a host that was off for one loses nothing.
std::expected<std::vector<sys_days>, Fault> days_of(const SendingSetup& setup, std::chrono::sys_seconds now) {
  const sys_days today = std::chrono::floor<days>(now - written_after);
  if (!setup.day) {
    return std::vector<sys_days>{today - days(2), today - days(1)};
  }
  if (*setup.day >= today) {
    return std::unexpected(Fault{"day-not-over", "the UTC day " + tlsrpt::render_day(*setup.day) +
                                                     " is not over, or has been for less than five minutes: "
                                                     "a report is of a whole day"});
  }
  return std::vector<sys_days>{*setup.day};
}

template <typename Error>
ExitCode failed(Output& output, const Error& error) {
  output.error(to_string(error.code), error.detail);
  return exit_code_of(to_string(error.code));
}

ExitCode failed(Output& output, const MakingError& error) {
  output.error(error.word, error.detail);
  return exit_code_of(error.word);
}

/// What a run asks and reads, made in the order in which it is needed.
struct Tools {
  std::unique_ptr<UvLoop> loop;
  std::unique_ptr<sender::StubResolver> dns;
  std::unique_ptr<outcome::TallyReader> tally;
};

std::expected<Tools, ExitCode> open_tools(Output& output, const SendingOptions& options,
                                          const SendingSetup& setup) {
  Tools tools;
  auto tally = outcome::TallyReader::open(options.outcomes_file);
  if (!tally) {
    return std::unexpected(failed(output, tally.error()));
  }
  tools.tally = *std::move(tally);
  tools.loop = UvLoop::create();
  if (!tools.loop) {
    output.error(
        Fault{"loop-failed", "the event loop cannot be created; raise the limits on memory and descriptors"});
    return std::unexpected(ExitCode::temporary);
  }
  tools.dns = std::make_unique<sender::StubResolver>(tools.loop->get(), setup.dns);
  return tools;
}

ExitCode dry_run(Output& output, Tools& tools, const SendingSetup& setup,
                 const std::vector<sys_days>& wanted) {
  BoundedWarnings warnings(output);
  ReportMaker maker(warnings, setup, *tools.loop, *tools.dns, *tools.tally);
  for (const sys_days day : wanted) {
    const auto done = maker.show_day(day, [&](const MadeReport& made) {
      for (const outcome::Recipient& recipient : made.to) {
        output.line("# " + tlsrpt::render_day(day) + " " + made.domain + " to " +
                    text::escape_for_display(recipient.uri));
      }
      output.line(made.json);
    });
    if (!done) {
      return failed(output, done.error());
    }
  }
  return ExitCode::ok;
}

ExitCode send(Output& output, Tools& tools, const SendingOptions& options, const SendingSetup& setup,
              const std::vector<sys_days>& wanted) {
  const SystemClock clock;
  const auto outbox =
      outcome::Outbox::open(options.queue, outcome::OutboxAccess::send, options.receiver_limit);
  if (!outbox) {
    return failed(output, outbox.error());
  }
  const auto poster = outcome::ReportPoster::create(tools.loop->get(), *tools.dns, setup.post);
  if (!poster) {
    output.error(poster.error());
    return ExitCode::wrong_use;
  }
  // Before anything is added: what is too old makes room.
  const auto now = clock.now();
  auto begun = (*outbox)->begin_run(now);
  if (begun) {
    begun = (*outbox)->forget(std::chrono::floor<days>(now), options.keep_days);
  }
  if (!begun) {
    return failed(output, begun.error());
  }
  BoundedWarnings warnings(output);
  ReportMaker maker(warnings, setup, *tools.loop, *tools.dns, *tools.tally);
  std::optional<ExitCode> failure;  // what waits is sent all the same
  for (const sys_days day : wanted) {
    if (const auto done = maker.queue_day(**outbox, day, clock); !done) {
      failure = failed(output, done.error());
      break;
    }
  }
  ReportDelivery delivery(warnings, setup, options.sendmail, *tools.loop, **poster, **outbox);
  if (const auto done = delivery.send_due(clock); !done) {
    return failed(output, done.error());
  }
  const auto forgotten = (*outbox)->give_up_undecided(clock.now());
  const auto waiting = (*outbox)->waiting();
  if (!forgotten || !waiting) {
    return failed(output, forgotten ? waiting.error() : forgotten.error());
  }
  if (*forgotten > 0) {
    output.warning("record-unknown: " + std::to_string(*forgotten) +
                   " domains get no report: their TLSRPT records could not be looked up for 24 hours");
  }
  const auto& made = maker.counts();
  const auto& done = delivery.counts();
  if (made.over_limit > 0) {
    output.warning("receiver-limit: " + std::to_string(made.over_limit) + " reports are not sent: only " +
                   std::to_string(options.receiver_limit) +
                   " of a day go to one receiver (--receiver-limit); 'mta-sts tlsrpt sent' names them");
  }
  output.line(std::to_string(made.reports) + " reports made, " + std::to_string(made.without_record) +
              " domains want none, " + std::to_string(made.undecided) + " not known yet; " +
              std::to_string(done.sent) + " sent, " + std::to_string(done.failed) + " failed, " +
              std::to_string(done.given_up) + " of them given up, " + std::to_string(*waiting) + " wait");
  return failure.value_or(delivery.is_sendmail_unusable() ? ExitCode::temporary : ExitCode::ok);
}

ExitCode run_send(Output& output, const SendingOptions& options, const Command& command) {
  if (const auto option = command.option_left_empty()) {
    output.error(Fault{"bad-option", *option + " \"\": give it a value, or leave it out"});
    return ExitCode::wrong_use;
  }
  const auto setup = read_setup(command, options);
  if (!setup) {
    output.error(setup.error());
    return ExitCode::wrong_use;
  }
  if (!options.check.empty()) {
    return check_sending(output, options, *setup);
  }
  const auto wanted = days_of(*setup, SystemClock().now());
  if (!wanted) {
    output.error(wanted.error());
    return ExitCode::wrong_use;
  }
  auto tools = open_tools(output, options, *setup);
  if (!tools) {
    return tools.error();
  }
  return options.dry_run ? dry_run(output, *tools, *setup, *wanted)
                         : send(output, *tools, options, *setup, *wanted);
}

}  // namespace

Command add_tlsrpt_send(Command tlsrpt, Session& session) {
  const auto declare = [](Command command, SendingOptions& options) {
    declare_sending(command, options);
    command.footer(
        "Makes a report of each UTC day that is over for every domain that the resolver counted sessions "
        "with "
        "and that\n"
        "has a TLSRPT record, and sends it: by mail through sendmail, or by HTTPS. What fails is tried again "
        "by "
        "later runs\n"
        "for 24 hours, so run it every hour (mta-sts-tlsrpt-send.timer). Guide: own-reports.md.\n"
        "Exit codes: 0 done, even where receivers refuse (see 'mta-sts tlsrpt sent'), 1 a problem was found "
        "(--check),\n"
        "2 usage error or unusable file, 3 another run is sending, a file is busy or its disk full, or "
        "sendmail "
        "cannot be run.\n\n"
        "Examples:\n"
        "  mta-sts tlsrpt send --from tls-reports@example.com --dry-run\n"
        "  mta-sts tlsrpt send --from tls-reports@example.com --check example.net --dkim-selector mail");
  };
  return add_command<SendingOptions>(tlsrpt, session, "send",
                                     "Send TLS reports on the sessions that the resolver counted", declare,
                                     run_send);
}

}  // namespace mta_sts::cli
