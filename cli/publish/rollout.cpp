// mta-sts rollout: where a domain stands on the way to enforce, and back, and away.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/policy/words.hpp"
#include "cli/publish/publish_options.hpp"
#include "cli/publish/publish_output.hpp"
#include "cli/publish/rollout_output.hpp"
#include "cli/publish/rollout_run.hpp"
#include "cli/subcommands.hpp"
#include "cli/tlsrpt/tlsrpt_options.hpp"
#include "policy/parse_policy.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::cli {
namespace {

struct RolloutOptions : PublishOptions {
  std::string to = "enforce";
  std::vector<std::string> new_mx;
  std::vector<std::string> old_mx;
  unsigned days = 7;
  TlsrptOptions reports;
  std::string history;
  std::string served_since;
  std::string helo;
  std::uint16_t smtp_port = 25;
  bool without_reports = false;
  bool apply = false;
};

std::unexpected<PublishFault> wrong_option(std::string detail) {
  return std::unexpected(
      PublishFault{.word = "bad-option", .detail = std::move(detail), .exit_code = ExitCode::wrong_use});
}

// The hosts as a policy has them.
std::expected<std::vector<std::string>, PublishFault> read_mx(const char* option,
                                                              const std::vector<std::string>& names) {
  std::vector<std::string> words = {"testing"};
  for (const std::string& name : names) {
    words.push_back("mx=" + name);
  }
  if (names.empty()) {
    return names;
  }
  const auto made = make_policy(words);
  const auto policy = made ? parse_policy(made->policy.body, Reading::strict)
                           : std::expected<Policy, PolicyError>(std::unexpect);
  if (!policy) {
    return wrong_option(std::string(option) + ": " + (made ? "" : made.error().detail));
  }
  return policy->mx;
}

steps::Goal goal_of(const RolloutOptions& options) {
  return options.to == "enforce"   ? steps::Goal::enforce
         : options.to == "testing" ? steps::Goal::testing
                                   : steps::Goal::none;
}

std::expected<RolloutRun, PublishFault> read_run(const RolloutOptions& options) {
  RolloutRun run;
  run.publish = run_of(options);
  run.publish.network.gather.smtp_port = options.smtp_port;
  run.helo_name = options.helo;
  run.wish = {.goal = goal_of(options),
              .testing_days = std::chrono::days(options.days),
              .without_reports = options.without_reports};
  run.apply = options.apply;
  auto new_mx = read_mx("--add-mx", options.new_mx);
  auto old_mx = read_mx("--drop-mx", options.old_mx);
  if (!new_mx || !old_mx) {
    return std::unexpected(!new_mx ? new_mx.error() : old_mx.error());
  }
  run.wish.new_mx = *std::move(new_mx);
  run.wish.old_mx = *std::move(old_mx);
  for (const std::string& mx : run.wish.new_mx) {
    if (std::ranges::find(run.wish.old_mx, mx) != run.wish.old_mx.end()) {
      return wrong_option("--add-mx and --drop-mx both name " + text::quote_for_display(mx, 255));
    }
  }
  const auto target = tlsrpt::Target::parse(options.reports.target);
  if (!target) {
    return wrong_option("--target " + text::quote_for_display(options.reports.target) +
                        ": not a percentage; write it as 99.9");
  }
  run.reports = {.name = options.reports.db, .target = *target};
  if (!options.served_since.empty()) {
    const auto day = tlsrpt::parse_day(options.served_since);
    if (!day) {
      return wrong_option("--served-since " + text::quote_for_display(options.served_since) +
                          ": not a date; write it as 2026-03-02");
    }
    run.served_since = *day;
  }
  if (!options.history.empty()) {
    auto history = HistoryFile::read(options.history);
    if (!history) {
      return std::unexpected(PublishFault{.word = std::string(history.error().word.text()),
                                          .detail = history.error().detail,
                                          .exit_code = ExitCode::wrong_use});
    }
    run.history = *std::move(history);
  }
  return run;
}

ExitCode run_rollout_command(Output& output, const RolloutOptions& options, const Command&) {
  auto run = read_run(options);
  PublishRequest asked;
  asked.domain = options.store.domain;
  asked.desired = desired_of(options);
  auto request = checked_request(std::move(asked));
  if (!run || !request) {
    return tell_fault(output, !run ? run.error() : request.error());
  }
  const bool may_make_store = run->apply && !run->wish.is_move() && run->wish.goal != steps::Goal::none;
  if (const auto fault = may_make_store ? std::nullopt : why_no_store(options.store)) {
    return tell_fault(output, *fault);
  }
  const auto job = run_rollout(*run, *std::move(request));
  if (!job) {
    return tell_fault(output, job.error());
  }
  if (options.store.json) {
    output.line(rollout_json(*job, run->wish.goal, options.ttl_seconds));
  } else {
    for (const std::string& warning : warnings_of(job->publish)) {
      output.warning(warning);
    }
    output.text(rollout_text(*job, options.nsupdate, options.ttl_seconds));
  }
  return exit_code_of(*job, options.offline);
}

void declare_rollout(Command command, RolloutOptions& options) {
  command.option("DOMAIN", options.store.domain, "The mail domain").required();
  Option to = command.option("--to MODE", options.to,
                             "The goal: enforce, testing (to go back), or none (to withdraw the policy)");
  to.show_default().one_of({"enforce", "testing", "none"});
  command
      .option("--add-mx HOST", options.new_mx,
              "Add this mail host to the policy, before it is in the MX records")
      .repeatable()
      .excludes(to);
  command
      .option("--drop-mx HOST", options.old_mx,
              "Drop this mail host from the policy, after it has left the MX records")
      .repeatable()
      .excludes(to);
  command.flag("--apply", options.apply, "Store the policy of the next stage if it is due");
  command.option("--days COUNT", options.days, "Days of testing before enforce")
      .show_default()
      .range(2U, 365U);
  command.flag("--without-reports", options.without_reports,
               "Go on to enforce even if no report has been received");
  declare_history(command, options.reports);
  command.option("--target PERCENT", options.reports.target, "Success rate that the reports must reach")
      .show_default();
  command.option(
      "--history FILE", options.history,
      "Without a store: record in this file what is seen over time; 'mta-sts check' may use it too");
  command.option("--served-since DAY", options.served_since,
                 "Without a store: the day since which the present policy is served, such as 2026-03-02");
  declare_store(command, options.store);
  declare_records(command, options);
  declare_output(command, options);
  declare_network(command, options);
  command.option("--smtp-port PORT", options.smtp_port, "Port of mail hosts, for tests")
      .show_default()
      .range(1, 65535);
  command.option("--helo NAME", options.helo, "Name to give in EHLO")
      .by_default("this host's full name, else the address literal");
  command.footer(
      "Prints the stages up to the goal, each with the time from which it is safe, and the exact lines of "
      "the next one.\n"
      "To enforce: testing with a max_age of a day, testing with a week, enforce with two weeks. To none: "
      "mode "
      "none, then\n"
      "removal. With --add-mx and --drop-mx: the policy, the MX records, and the policy again. Below the "
      "stages "
      "it prints\n"
      "what 'mta-sts publish' prints for the present policy. Enforce needs a policy that is served and "
      "announced, mail\n"
      "hosts whose TLS senders accept, and TLS reports that meet the target. --to testing has no "
      "conditions.\n"
      "Exit codes: 0 the next step is printed, 1 something is at fault, 2 usage error or unusable file, 3 a "
      "query got "
      "no\nanswer.\n\n"
      "Examples:\n"
      "  mta-sts rollout example.com\n"
      "  mta-sts rollout example.com --apply --nsupdate | nsupdate -k update.key\n"
      "  mta-sts rollout example.com --to testing --apply\n"
      "  mta-sts rollout example.com --add-mx mx.example.net --drop-mx mx.example.com");
}

}  // namespace

void add_rollout(Command app, Session& session) {
  add_command<RolloutOptions>(
      app, session, "rollout",
      "Show the next safe step to enforce a policy, to go back to testing, or to withdraw it",
      declare_rollout, run_rollout_command);
}

}  // namespace mta_sts::cli
