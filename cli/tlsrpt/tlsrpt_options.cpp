#include "cli/tlsrpt/tlsrpt_options.hpp"

#include <chrono>
#include <string_view>

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "idna/idna.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::cli {
namespace {

std::optional<std::chrono::sys_days> read_day(Output& output, const char* option, const std::string& word) {
  const auto day = tlsrpt::parse_day(word);
  if (!day) {
    output.error(Fault{"bad-option", std::string(option) + " \"" + text::escape_for_display(word) +
                                         "\": not a date; write it as 2026-03-02"});
  }
  return day;
}

constexpr unsigned days_most = 36'500;

bool tell_bad_option(Output& output, const std::string& detail) {
  output.error(Fault{"bad-option", detail});
  return false;
}

}  // namespace

bool are_usable(Output& output, const TlsrptOptions& options, const Command& command) {
  // A variable of a script that is not set would otherwise mean all domains, all days or no server.
  if (const auto option = command.option_left_empty()) {
    return tell_bad_option(output, *option + " \"\": give it a value, or leave it out");
  }
  if (options.authserv_id.find_first_of("; \t") != std::string::npos) {
    return tell_bad_option(output, "--authserv-id \"" + text::escape_for_display(options.authserv_id) +
                                       "\": not a name; write it without the semicolon and without blanks");
  }
  return true;
}

void declare_query(Command command, TlsrptOptions& options) {
  command.option("--since DAY", options.since, "The first UTC day to count, such as 2026-03-02");
  command.option("--until DAY", options.until, "The last UTC day to count");
  command.option("--domain DOMAIN", options.domain, "Count only sessions to this recipient domain");
  command.option("--target PERCENT", options.target, "The success rate to reach, with up to three decimals")
      .show_default();
}

void declare_history(Command command, TlsrptOptions& options) {
  command.option("--db FILE", options.db, "File of the history, or postgresql://USER@HOST/DATABASE")
      .show_default();
}

void declare_view(Command command, TlsrptOptions& options) {
  declare_history(command, options);
  declare_query(command, options);
  Option days = command.option("--days COUNT", options.days, "This many days up to today");
  days.range(1U, days_most);
  days.excludes(*command.find_option("since")).excludes(*command.find_option("until"));
  if (options.days > 0) {
    days.show_default();
  }
}

Option declare_inputs(Command command, TlsrptOptions& options, const char* json) {
  const Option files =
      command.option("FILE", options.files, "Files or folders of reports, or - for standard input");
  command.flag("--json", options.json, json);
  command.flag("--strict", options.strict, "Exit with 2 if any file was refused, in part or as a whole");
  command.option("--authserv-id ID", options.authserv_id,
                 "Trust the DKIM results in this mail server's Authentication-Results fields");
  return files;
}

std::optional<TlsrptQuery> read_query(Output& output, const TlsrptOptions& options) {
  TlsrptQuery query;
  const auto target = tlsrpt::Target::parse(options.target);
  if (!target) {
    output.error(Fault{"bad-option", "--target \"" + text::escape_for_display(options.target) +
                                         "\": not a percentage; write it as 99.9"});
    return std::nullopt;
  }
  query.target = *target;
  if (!options.domain.empty()) {
    const auto name = to_a_labels(options.domain);
    if (!name) {
      output.error(Fault{"bad-option", "--domain \"" + text::escape_for_display(options.domain) +
                                           "\": " + name.error().detail});
      return std::nullopt;
    }
    query.filter.domain = name->text();
  }
  if (!options.since.empty() && !(query.filter.since = read_day(output, "--since", options.since))) {
    return std::nullopt;
  }
  if (!options.until.empty() && !(query.filter.until = read_day(output, "--until", options.until))) {
    return std::nullopt;
  }
  if (query.filter.since && query.filter.until && *query.filter.since > *query.filter.until) {
    output.error(Fault{"bad-option", "--since " + options.since + " is after --until " + options.until});
    return std::nullopt;
  }
  if (options.days > 0 && !query.filter.since) {
    const auto today = std::chrono::floor<std::chrono::days>(SystemClock().now());
    query.filter.since = query.filter.until.value_or(today) - std::chrono::days(options.days - 1);
  }
  return query;
}

Fault no_report_names(const std::string& domain) {
  return {"no-report", "no report names the domain " + domain +
                           "; run the command without --domain to see which ones there are"};
}

std::string no_dkim_result(const std::string& authserv_id) {
  return "No Authentication-Results field of " + text::escape_for_display(authserv_id) +
         " mentions a DKIM result";
}

tlsrpt::TextOptions text_options(const tlsrpt::Metrics& metrics, const TlsrptQuery& query) {
  tlsrpt::TextOptions options{.target = query.target, .domain = query.filter.domain};
  if (options.domain.empty() && metrics.domains.size() == 1) {
    const auto name =
        DomainName::parse(metrics.domains.begin()->first);  // whatever else it is, it is not shown
    options.domain = name ? name->text() : std::string();
  }
  return options;
}

}  // namespace mta_sts::cli
