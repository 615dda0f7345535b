// mta-sts check: the diagnosis of a domain from outside.
#include <unistd.h>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <expected>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "check/diagnosis.hpp"
#include "check/render_html.hpp"
#include "check/render_prometheus.hpp"
#include "cli/check/check_run.hpp"
#include "cli/check/check_target.hpp"
#include "cli/check/history_file.hpp"
#include "cli/check/local_policies.hpp"
#include "cli/check/recordings.hpp"
#include "cli/check/reported_failures.hpp"
#include "cli/command.hpp"
#include "cli/config_file.hpp"
#include "cli/exim/local_sender.hpp"
#include "cli/input.hpp"
#include "cli/progress.hpp"
#include "cli/resolver/lookup_words.hpp"
#include "cli/subcommands.hpp"
#include "file/replace_file.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::size_t list_limit_bytes = 64UL * 1024 * 1024;

struct CheckOptions {
  std::vector<std::string> domains;
  std::string from;
  std::string explain;
  std::string recordings;
  std::string html;
  std::string metrics;
  std::string replay;
  std::string config;
  std::string history;
  std::string expected_id;
  std::string ca{"/etc/ssl/certs/ca-certificates.crt"};
  std::vector<std::string> dns;
  std::vector<std::string> subdomains;
  std::vector<std::string> reports;
  unsigned timeout_seconds = 30;
  std::string helo;
  std::size_t domains_at_once = 32;
  std::uint16_t https_port = 443;
  std::uint16_t smtp_port = 25;
  bool all = false;
  bool list = false;
  bool local = false;
  bool json = false;
  bool allow_private = false;
  bool probe_rcpt = false;
  bool probe_post = false;
};

ExitCode explain(Output& output, const std::string& id) {
  for (const check::Check* check : check::catalogue()) {
    if (check::id_of(check->number) == id) {
      output.text(check::render_explanation(*check, output.painter()));
      return ExitCode::ok;
    }
  }
  output.error(Fault{"usage-error",
                     "there is no check \"" + text::escape_for_display(id, 40) + "\"; --list shows all"});
  return ExitCode::wrong_use;
}

// A domain that is not there at all has nothing to diagnose: one line in place of 74.
bool does_not_exist(const check::Facts& facts) {
  const check::HostFact* host = facts.dns.host(facts.domain);
  return facts.dns.sts.answer.status == DnsStatus::nx_domain && facts.dns.mx_status == DnsStatus::nx_domain &&
         host != nullptr && host->a_status == DnsStatus::nx_domain;
}

// What one run of the subcommand shares.
class CheckCommand {
 public:
  CheckCommand(Output& output, const CheckOptions& options) : output_(output), options_(options) {}

  ExitCode run() {
    if (!options_.history.empty()) {
      auto history = HistoryFile::read(options_.history);
      if (!history) {
        output_.error(history.error());
        return ExitCode::wrong_use;
      }
      history_ = std::move(*history);
    }
    if (!options_.reports.empty()) {
      auto reports = read_reported_failures(output_, options_.reports);
      if (!reports) {
        return reports.error();
      }
      reports_ = std::move(*reports);
    }
    if (options_.local) {
      local_ = read_local_policies();
      local_sender_ = find_local_sender();
    }
    for (const std::string* path : {&options_.html, &options_.metrics}) {
      const auto may = path->empty() ? std::expected<void, Fault>() : may_replace_file(*path);
      if (!may) {
        output_.error(may.error());
        return ExitCode::wrong_use;
      }
    }
    if (!options_.html.empty()) {
      page_.emplace();
    }
    ExitCode exit = options_.replay.empty() ? run_live() : run_replay();
    if (page_) {
      exit = worse(exit, write_whole(options_.html, page_->render(SystemClock().now())));
    }
    if (!options_.metrics.empty()) {
      exit = worse(exit, write_whole(options_.metrics, metrics_.render(SystemClock().now())));
    }
    return exit;
  }

 private:
  // The domains that were given. exit_ says whether there were others, which are none.
  std::vector<CheckTarget> read_targets() {
    std::vector<std::string> words = options_.domains;
    std::vector<CheckTarget> targets;
    if (!options_.from.empty() && !add_list(words)) {
      exit_ = ExitCode::wrong_use;
      return targets;
    }
    for (const std::string& word : words) {
      auto target = parse_check_target(word);
      if (!target) {
        output_.error(target.error());
        exit_ = worse(exit_, ExitCode::wrong_use);
        continue;
      }
      if (!target->remark.empty()) {
        output_.note(target->remark);
      }
      targets.push_back(std::move(*target));
    }
    return targets;
  }

  ExitCode run_live() {
    const std::vector<CheckTarget> targets = read_targets();
    if (targets.empty()) {
      if (exit_ == ExitCode::ok) {
        output_.error(
            Fault{"usage-error", "no domain was given; write mta-sts check DOMAIN, or --from FILE"});
      }
      return ExitCode::wrong_use;
    }
    std::optional<Progress> progress(std::in_place, "domains", targets.size());
    const auto gathered = gather_all(run_options(), targets, [&](std::size_t index, check::Facts facts) {
      progress->step();
      finish(std::move(facts), targets[index].shown);
    });
    progress.reset();
    if (!gathered) {
      output_.error(gathered.error());
      return ExitCode::wrong_use;
    }
    return exit_;
  }

  ExitCode write_whole(const std::string& path, const std::string& bytes) {
    const auto written = replace_file(path, bytes);
    if (!written) {
      output_.error(written.error());
      return ExitCode::wrong_use;
    }
    output_.note(text::escape_for_display(path) + " written");
    return ExitCode::ok;
  }

  ExitCode run_replay() {
    const std::vector<CheckTarget> targets = read_targets();
    if (exit_ != ExitCode::ok) {
      return exit_;
    }
    const auto paths = recordings_of(options_.replay, targets);
    if (!paths) {
      output_.error(paths.error());
      return ExitCode::wrong_use;
    }
    for (const std::string& path : *paths) {
      const auto facts = read_recording(path);
      const auto target = facts ? parse_check_target(facts->domain) : std::unexpected(facts.error());
      if (!target) {
        output_.error(target.error());
        exit_ = worse(exit_, ExitCode::wrong_use);
        continue;
      }
      show(*facts, target->shown);
    }
    return exit_;
  }

  bool add_list(std::vector<std::string>& words) {
    const auto bytes = read_input(options_.from, list_limit_bytes);
    if (!bytes) {
      output_.error(bytes.error());
      return false;
    }
    std::istringstream lines(*bytes);
    for (std::string line; std::getline(lines, line);) {
      line = line.substr(0, line.find('#'));
      const auto begin = line.find_first_not_of(" \t\r");
      if (begin != std::string::npos) {
        words.push_back(line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1));
      }
    }
    return true;
  }

  CheckRunOptions run_options() const {
    CheckRunOptions run;
    run.dns_servers = to_dns_servers(options_.dns);
    run.ca_file = options_.ca;
    run.subdomains = options_.subdomains;
    run.domains_at_once = options_.domains_at_once;
    run.gather.https_port = options_.https_port;
    run.gather.smtp_port = options_.smtp_port;
    run.gather.total_deadline = std::chrono::seconds(options_.timeout_seconds);
    run.gather.helo_name = options_.helo;
    run.gather.private_allowed = options_.allow_private;
    run.gather.probe_rcpt = options_.probe_rcpt;
    run.gather.probe_post = options_.probe_post;
    return run;
  }

  void finish(check::Facts facts, const std::string& shown) {
    if (!facts.conditions.resolver_answers) {
      fail(facts.domain, shown,
           Fault{"dns-unreachable", shown + ": the name server does not answer; is there a network?"},
           ExitCode::temporary);
      return;
    }
    if (does_not_exist(facts)) {
      fail(facts.domain, shown, Fault{"domain-not-found", shown + " does not exist in DNS"},
           ExitCode::wrong_use);
      return;
    }
    if (!options_.expected_id.empty()) {
      facts.expected_id = options_.expected_id;
    }
    facts.local = local_;
    facts.local_sender = local_sender_;
    if (reports_) {
      const auto known = reports_->find(facts.domain);
      facts.reports = known == reports_->end() ? std::vector<check::ReportedFailure>{} : known->second;
    }
    if (history_) {
      const auto added = history_->add(facts);
      if (!added) {
        output_.error(added.error());
        exit_ = worse(exit_, ExitCode::wrong_use);
      }
    }
    if (!options_.recordings.empty()) {
      if (const auto written = write_recording(options_.recordings, facts); !written) {
        output_.error(written.error());
        exit_ = worse(exit_, ExitCode::wrong_use);
      }
    }
    show(facts, shown);
  }

  void fail(const std::string& domain, const std::string& shown, const Fault& fault, ExitCode exit) {
    output_.error(fault);
    metrics_.add_failure(domain);
    exit_ = worse(exit_, exit);
    if (page_) {
      page_->add_failure(shown, fault.detail);
    }
  }

  void show(const check::Facts& facts, const std::string& shown) {
    const check::Diagnosis diagnosis = check::diagnose(facts, shown);
    output_.text(options_.json ? check::render_json(diagnosis)
                               : check::render_text(diagnosis, options_.all, output_.painter()));
    if (page_) {
      page_->add(diagnosis);
    }
    if (!options_.metrics.empty()) {
      metrics_.add(diagnosis);
    }
    if (diagnosis.errors > 0) {
      exit_ = worse(exit_, ExitCode::at_fault);
    } else if (!diagnosis.forecast.is_testable && !facts.smtp.empty()) {
      exit_ = worse(exit_, ExitCode::temporary);
    }
  }

  Output& output_;
  const CheckOptions& options_;
  std::optional<HistoryFile> history_;
  std::optional<std::map<std::string, std::vector<check::ReportedFailure>>> reports_;
  std::optional<std::vector<check::LocalPolicy>> local_;
  std::optional<check::LocalSender> local_sender_;
  std::optional<check::HtmlPage> page_;
  check::CheckMetrics metrics_;
  ExitCode exit_ = ExitCode::ok;
};

void declare(Command command, CheckOptions& options) {
  command.option("DOMAIN", options.domains, "Mail domains to check (U-labels are fine)");
  command.option("--from FILE", options.from,
                 "File of domains, one per line, # begins a comment; - for standard input");
  command.flag("--all", options.all, "Show every check, not only those that found something");
  command.flag("--json", options.json, "Print one JSON object per domain, each on one line");
  command.option("--html FILE", options.html,
                 "Write one page about the whole run, to pass on to someone else");
  command
      .option("--metrics FILE", options.metrics,
              "Write metrics of the run for Prometheus' textfile collector (a .prom file)")
      .not_in_file();  // the resolver's is an address
  command.option("--explain CHECK", options.explain, "Explain one check, for example C26");
  command.option("--reports FILE|DIR", options.reports, "TLS reports, or the history of mta-sts tlsrpt")
      .one_value_each();
  command.flag("--local", options.local,
               "Compare with what nginx and Apache on this host are configured to serve, and check "
               "whether Exim can do DANE here");
  command.flag("--list", options.list, "Print all checks as a table in Markdown");
  command.option("--record DIR", options.recordings, "Write what was found to DOMAIN.json in this folder");
  command.option(
      "--replay FILE|DIR", options.replay,
      "Check what --record wrote, without network access: this file, or in this folder the domains given, "
      "or all");
  command.option("--history FILE", options.history,
                 "A file that records the ids and policies found over time");
  command.option("--expect-id ID", options.expected_id, "The id that the DNS record should have");
  command.option("--subdomain DOMAIN", options.subdomains, "A subdomain that receives mail too")
      .one_value_each();
  command.option("--timeout SECONDS", options.timeout_seconds, "Time for one domain")
      .show_default()
      .range(1, 600)
      .not_in_file();  // the resolver's is the time for one policy fetch
  command.option("--helo NAME", options.helo, "Name to give in EHLO")
      .by_default("this host's full name, else the address literal");
  command.option("--at-once COUNT", options.domains_at_once, "Domains checked at the same time")
      .show_default()
      .range(1, 256);
  add_dns_option(command, options.dns);
  command.option("--ca FILE", options.ca, "File of trusted root certificates, PEM").show_default();
  const auto port = [&command](const char* name, std::uint16_t& value, const char* what) {
    command.option(name, value, what).show_default().range(1, 65535);
  };
  port("--https-port PORT", options.https_port, "Port of policy hosts, for tests");
  port("--smtp-port PORT", options.smtp_port, "Port of mail hosts, for tests");
  command.flag("--allow-private", options.allow_private, "Contact private and loopback addresses too");
  command.flag("--probe-rcpt", options.probe_rcpt,
               "Ask the mail host of the report mailbox with RCPT TO whether it exists");
  command.flag("--probe-post", options.probe_post, "Send an empty POST request to the report endpoint");
  add_config_option(command, options.config);
  command.footer(
      "Examples:\n"
      "  mta-sts check example.com\n"
      "  mta-sts check --all --history ~/mta-sts-history.jsonl example.com\n"
      "  mta-sts check --json --from domains.txt\n"
      "  mta-sts check --html report.html example.com\n"
      "  mta-sts check --explain C26\n"
      "Exit codes: 0 no error found, 1 an error was found, 2 usage error or unreadable input, 3 cannot be "
      "tested "
      "from here.");
}

ExitCode run(Output& output, const CheckOptions& options, const Command& command) {
  if (options.list) {
    output.text(check::render_catalogue());
    return ExitCode::ok;
  }
  if (!options.explain.empty()) {
    return explain(output, options.explain);
  }
  if (auto applied = apply_config_file(command, command.of_program("resolver"), options.config); !applied) {
    output.error(applied.error());
    return ExitCode::wrong_use;
  }
  return CheckCommand(output, options).run();
}

}  // namespace

void add_check(Command app, Session& session) {
  add_command<CheckOptions>(app, session, "check", "Diagnose a domain: what is wrong, why, and how to fix it",
                            declare, run);
}

}  // namespace mta_sts::cli
