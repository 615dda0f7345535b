// mta-sts publish: one call that stores a policy and says what else publishing it needs.
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/publish/publish_batch.hpp"
#include "cli/publish/publish_options.hpp"
#include "cli/publish/publish_output.hpp"
#include "cli/store/opened_store.hpp"
#include "cli/subcommands.hpp"

namespace mta_sts::cli {
namespace {

// A million lines of usual length.
constexpr std::size_t request_file_limit_bytes = std::size_t{1} << 30U;

struct PublishCallOptions : PublishOptions {
  std::string from;
  std::string mx;
};

PublishRequest request_of(const PublishCallOptions& options) {
  return {.domain = options.store.domain,
          .words = options.store.words,
          .profile = options.store.profile,
          .alias = options.store.alias,
          .mx_auto = !options.mx.empty(),
          .remove = options.store.remove,
          .desired = desired_of(options)};
}

ExitCode publish_one(Output& output, const PublishCallOptions& options) {
  auto request = checked_request(request_of(options));
  if (!request) {
    return tell_fault(output, request.error());
  }
  const bool may_make_store = !request->words.empty() || request->takes_another();
  if (const auto fault = may_make_store ? std::nullopt : why_no_store(options.store)) {
    return tell_fault(output, *fault);
  }
  std::vector<PublishJob> jobs(1);
  PublishJob& job = jobs.front();
  job.request = *std::move(request);
  if (const auto done = run_jobs(run_of(options), jobs); !done) {
    return tell_fault(output, done.error());
  }
  if (options.store.json) {
    output.line(publish_json(job, options.ttl_seconds, 2));
  }
  if (job.fault) {
    return tell_fault(output, *job.fault);
  }
  if (!options.store.json) {
    for (const std::string& warning : warnings_of(job)) {
      output.warning(warning);
    }
    output.text(options.nsupdate ? publish_nsupdate(job, options.ttl_seconds)
                                 : publish_zone(job, options.ttl_seconds));
  }
  return exit_code_of(job, options.offline);
}

// A fault of a line is told with its number, since the line may not name a domain.
PublishJob job_of_line(std::string_view line, std::size_t number, const PublishRequest& otherwise,
                       std::map<std::string, std::size_t>& known) {
  PublishJob job;
  auto request = parse_request_line(line, otherwise);
  if (!request) {
    job.fault = std::move(request.error().fault);
    job.request.domain = std::move(request.error().domain);
  } else {
    job.request = *std::move(request);
    const auto [first, is_new] = known.emplace(job.request.domain, number);
    if (!is_new) {
      job.fault = {.word = "input-invalid",
                   .detail = "the domain is in line " + std::to_string(first->second) + " too"};
    }
  }
  if (job.fault) {
    job.fault->detail = "line " + std::to_string(number) + ": " + job.fault->detail;
  }
  return job;
}

std::vector<PublishJob> jobs_of_lines(std::string_view bytes, const PublishRequest& otherwise) {
  std::vector<PublishJob> jobs;
  std::map<std::string, std::size_t> known;
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      jobs.push_back(job_of_line(line, number, otherwise, known));
    }
  }
  return jobs;
}

ExitCode publish_many(Output& output, const PublishCallOptions& options) {
  if (const auto fault = options.store.remove ? why_no_store(options.store) : std::nullopt) {
    return tell_fault(output, *fault);
  }
  const auto bytes = read_input(options.from, request_file_limit_bytes);
  if (!bytes) {
    output.error(bytes.error());
    return ExitCode::wrong_use;
  }
  if (bytes->size() > request_file_limit_bytes) {
    output.error(Fault{"input-invalid", "larger than 1 GiB; publish it in parts; nothing was stored"});
    return ExitCode::wrong_use;
  }
  std::vector<PublishJob> jobs = jobs_of_lines(*bytes, request_of(options));
  if (const auto done = run_jobs(run_of(options), jobs); !done) {
    return tell_fault(output, done.error());
  }
  ExitCode exit = ExitCode::ok;
  for (const PublishJob& job : jobs) {
    output.line(publish_json(job, options.ttl_seconds, -1));
    const ExitCode code = exit_code_of(job, options.offline);
    exit = worse(exit, code == ExitCode::wrong_use ? ExitCode::at_fault : code);
  }
  return exit;
}

ExitCode run_publish(Output& output, const PublishCallOptions& options, const Command&) {
  const bool is_list = !options.from.empty();
  const bool has_policy =
      !options.store.words.empty() || !options.store.profile.empty() || !options.store.alias.empty();
  if (is_list == !options.store.domain.empty() || (is_list && (has_policy || options.nsupdate))) {
    output.error(Fault{"usage-error", "name one DOMAIN, or --from FILE alone; see 'mta-sts publish --help'"});
    return ExitCode::wrong_use;
  }
  return is_list ? publish_many(output, options) : publish_one(output, options);
}

void declare_publish(Command command, PublishCallOptions& options) {
  command.option("DOMAIN", options.store.domain, "The mail domain").by_default("those of --from");
  command.option("WORDS", options.store.words, "Its policy, in the words of 'mta-sts store set'")
      .by_default("what is stored");
  command.option("--profile NAME", options.store.profile, "Use the policy of this profile");
  command.option("--alias DOMAIN", options.store.alias,
                 "Make it an alias, which always has the policy of that domain");
  Option mx =
      command
          .option("--mx WORD", options.mx,
                  "Take mx from the domain's MX records; with mx= words, refuse a policy that leaves one out")
          .one_of({"auto"});
  command.flag("--remove", options.store.remove,
               "Withdraw the policy: mode none first, removal once no sender can hold an older policy; run "
               "it again until then");
  command.option("--from FILE", options.from,
                 "Read the domains from this file, one JSON object per line; - is standard input");
  declare_store(command, options.store);
  declare_records(command, options);
  declare_output(command, options);
  declare_network(command, options).excludes(mx);
  command.footer(
      "Stores the policy and prints the remaining steps in their order: the record of the policy host, its "
      "certificate,\n"
      "the policy over HTTPS, the mail hosts, and last the TXT record with the id. Run it again to continue: "
      "what is done\n"
      "stays as it is. Without WORDS, --profile, --alias and --remove it stores no policy and only checks.\n"
      "The keys of a line of --from are domain, mode, mx (\"auto\" or a list), max_age, serial, profile, "
      "alias, remove,\n"
      "rua, host and address. For each line one JSON object is printed, as with --json.\n"
      "Exit codes: 0 stored; what is left to do is printed, 1 a domain or line is at fault, 2 usage error or "
      "unusable\n"
      "store, 3 a query got no answer.\n\n"
      "Examples:\n"
      "  mta-sts publish example.com testing --mx auto --rua mailto:tlsrpt@example.com --json\n"
      "  mta-sts publish example.com enforce mx=mail.example.com --nsupdate | nsupdate -k update.key\n"
      "  mta-sts publish example.com --remove");
}

}  // namespace

void add_publish(Command app, Session& session) {
  add_command<PublishCallOptions>(app, session, "publish",
                                  "Store a policy, and show what DNS and the web server still need",
                                  declare_publish, run_publish);
}

}  // namespace mta_sts::cli
