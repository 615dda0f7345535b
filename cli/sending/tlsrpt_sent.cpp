#include <nlohmann/json.hpp>

#include "base/ascii.hpp"
#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "cli/config_file.hpp"
#include "cli/sending/sending_options.hpp"
#include "cli/tlsrpt/tlsrpt_commands.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "outcome/outbox/outbox.hpp"
#include "outcome/report/gzip.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::cli {
namespace {

using outcome::DeliveryState;
using outcome::KnownDelivery;

// Null where the file has no report there.
nlohmann::ordered_json report_of(const KnownDelivery& known) {
  auto report = nlohmann::ordered_json::parse(outcome::decompress_gzip(known.gzip, known.json_bytes), nullptr,
                                              /*allow_exceptions=*/false);
  return report.is_discarded() ? nlohmann::ordered_json() : report;
}

nlohmann::ordered_json to_json(const KnownDelivery& known, bool with_report) {
  const auto time = [](bool is_there, std::chrono::sys_seconds at) {
    return is_there ? nlohmann::ordered_json(iso_text(at)) : nlohmann::ordered_json();
  };
  nlohmann::ordered_json json{{"day", tlsrpt::render_day(known.identity.day)},
                              {"domain", text::escape_for_display(known.identity.domain)},
                              {"report_id", text::escape_for_display(report_id_of(known.identity))},
                              {"rua", text::escape_for_display(known.rua)},
                              {"state", to_string(known.state)},
                              {"attempts", known.attempts},
                              {"last_attempt", time(known.attempts > 0, known.last)},
                              {"next_attempt", time(known.state == DeliveryState::waiting, known.next)},
                              {"answer", text::escape_for_display(known.answer)},
                              {"successful_sessions", known.success},
                              {"failed_sessions", known.failure}};
  if (with_report) {
    json["report"] = report_of(known);
  }
  return json;
}

// In ASCII: a report quotes strangers.
std::string text_of(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

std::string to_line_of(const KnownDelivery& known) {
  std::string line = tlsrpt::render_day(known.identity.day) + " " +
                     text::escape_for_display(known.identity.domain) + " to " +
                     text::escape_for_display(known.rua) + ": " + std::string(to_string(known.state));
  if (known.attempts > 0) {
    line += " " + utc_text(known.last);
  }
  line += ", " + std::to_string(known.success) + " sessions succeeded, " + std::to_string(known.failure) +
          " failed";
  if (!known.answer.empty()) {
    line += "; " + text::escape_for_display(known.answer);
  }
  if (known.state == DeliveryState::waiting) {
    line += "; next attempt " + utc_text(known.next);
  }
  return line;
}

ExitCode run_sent(Output& output, const SendingOptions& options, const Command& command,
                  const Command& send) {
  if (const auto applied = apply_config_file(command, send, options.config, sending_config_file); !applied) {
    output.error(applied.error());
    return ExitCode::wrong_use;
  }
  outcome::DeliveryFilter filter{
      .domain = ascii::to_lower(options.domain), .since = {}, .with_reports = options.reports};
  if (!options.since.empty()) {
    const auto day = read_utc_day("--since", options.since);
    if (!day) {
      output.error(day.error());
      return ExitCode::wrong_use;
    }
    filter.since = *day;
  }
  const auto outbox = outcome::Outbox::open(options.queue, outcome::OutboxAccess::look);
  if (!outbox) {
    output.error(to_string(outbox.error().code), outbox.error().detail);
    return exit_code_of(to_string(outbox.error().code));
  }
  bool is_first = true;
  if (options.json) {
    output.text("{\"deliveries\":[");
  }
  const auto done = (*outbox)->visit(filter, [&](const KnownDelivery& known) {
    if (options.json) {
      output.text((is_first ? "\n" : ",\n") + text_of(to_json(known, options.reports)));
    } else {
      output.line(to_line_of(known));
      if (options.reports) {
        output.line(text_of(report_of(known)));
      }
    }
    is_first = false;
  });
  if (options.json) {
    output.line("\n]}");
  }
  if (!done) {
    output.error(to_string(done.error().code), done.error().detail);
    return exit_code_of(to_string(done.error().code));
  }
  if (is_first && !options.json) {
    output.note("no report is kept of that");
  }
  return ExitCode::ok;
}

}  // namespace

void add_tlsrpt_sent(Command tlsrpt, Command send, Session& session) {
  const auto declare = [](Command command, SendingOptions& options) {
    command.option("DOMAIN", options.domain, "Only reports to this domain, in A-labels");
    command.option("--since DAY", options.since, "The first UTC day, such as 2026-03-02").not_in_file();
    command.flag("--reports", options.reports, "Print the reports themselves, too").not_in_file();
    command.flag("--json", options.json, "Print one JSON object").not_in_file();
    declare_queue(command, options);
    command.footer(
        "Shows the reports that 'mta-sts tlsrpt send' has sent, that wait, and that were given up, with the "
        "last "
        "answer.\n"
        "Exit codes: 0 success, 2 usage error or unusable file, 3 the file is busy.\n\n"
        "Example:\n"
        "  mta-sts tlsrpt sent example.net");
  };
  add_command<SendingOptions>(tlsrpt, session, "sent", "Show the TLS reports that were sent and that wait",
                              declare,
                              [send](Output& output, const SendingOptions& options, const Command& command) {
                                return run_sent(output, options, command, send);
                              });
}

}  // namespace mta_sts::cli
