#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "cli/command.hpp"
#include "cli/config_file.hpp"
#include "cli/policy/dns_records.hpp"
#include "cli/policy/rua_words.hpp"
#include "cli/policy/words.hpp"
#include "cli/resolver/lookup_words.hpp"
#include "cli/resolver/uncached_verdicts.hpp"
#include "cli/subcommands.hpp"
#include "publish/directive.hpp"
#include "publish/mail_domain.hpp"
#include "publish/record_line.hpp"

namespace mta_sts::cli {
namespace {

struct RecordOptions {
  std::string domain;
  std::vector<std::string> words;
  std::string file;
  std::vector<std::string> rua;
  unsigned ttl_seconds = 300;
  LookupWords lookup;
  std::string config;
  bool live = false;
  bool nsupdate = false;
  bool json = false;
};

std::string json_object(const std::vector<RecordSet>& records, const RecordOptions& options,
                        const publish::PublishedPolicy& policy) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const RecordSet& record : records) {
    list.push_back({{"name", record.name},
                    {"type", record.type},
                    {"ttl", options.ttl_seconds},
                    {"value", record.values.front()}});
  }
  return nlohmann::ordered_json{{"id", policy.id}, {"mode", to_string(policy.mode)}, {"records", list}}.dump(
             2) +
         "\n";
}

/// The policy as the world sees it now: an id made of it announces exactly that. Its bytes must pass the
/// strict reading, which is the publisher's.
PolicyFromWords live_policy(Output& output, const RecordOptions& options, const DomainName& domain) {
  std::vector<std::string_view> words(options.words.begin(), options.words.end());
  words.emplace_back("file=live");  // serial= is the one other word that goes with a policy from elsewhere
  const auto directive = publish::parse_directive(words);
  if (!directive) {
    show_error(output, directive.error());
    return {std::nullopt, ExitCode::wrong_use};
  }
  const auto fetched = fetch_now(to_lookup_options(options.lookup), domain);
  if (!fetched) {
    output.error(fetched.error());
    return {std::nullopt, ExitCode::wrong_use};
  }
  const std::string host = "https://mta-sts." + domain.text();
  if (!*fetched) {
    output.error(to_string(fetched->error().kind), host + ": " + fetched->error().detail);
    return {std::nullopt, fetched->error().may_pass ? ExitCode::temporary : ExitCode::at_fault};
  }
  auto policy = publish::publish_policy_file((*fetched)->body, directive->serial);
  if (!policy) {
    output.error(to_string(policy.error().code), host + ": " + policy.error().detail);
    return {std::nullopt, ExitCode::at_fault};
  }
  return {std::move(*policy), ExitCode::ok};
}

PolicyFromWords policy_of(Output& output, const RecordOptions& options, const DomainName& domain) {
  if (options.live) {
    return live_policy(output, options, domain);
  }
  std::vector<std::string> words = options.words;
  if (!options.file.empty()) {
    words.push_back("file=" + options.file);
  }
  return policy_from_words(output, words);
}

ExitCode run_record(Output& output, const RecordOptions& options, Command command) {
  if (auto applied = apply_config_file(command, command.of_program("resolver"), options.config); !applied) {
    output.error(applied.error());
    return ExitCode::wrong_use;
  }
  const auto domain = publish::parse_mail_domain(options.domain);
  if (!domain) {
    output.error(Fault{"bad-domain", text::quote_for_display(options.domain) + " " + domain.error()});
    return ExitCode::wrong_use;
  }
  std::vector<std::string> rua = options.rua;
  const auto warnings = check_rua(rua, domain->text());
  if (!warnings) {
    output.error(warnings.error());
    return ExitCode::wrong_use;
  }
  for (const std::string& warning : *warnings) {
    output.warning(warning);
  }
  const PolicyFromWords made = policy_of(output, options, *domain);
  if (!made.policy) {
    return made.exit_code;
  }
  std::vector<RecordSet> records = {
      {"_mta-sts." + domain->text(), "TXT", {publish::record_value(made.policy->id)}}};
  if (!rua.empty()) {
    records.push_back({"_smtp._tls." + domain->text(), "TXT", {publish::tlsrpt_record_value(rua)}});
  }
  if (options.json) {
    output.text(json_object(records, options, *made.policy));
    return ExitCode::ok;
  }
  for (const RecordSet& record : records) {
    output.text(options.nsupdate ? nsupdate_lines(record, options.ttl_seconds)
                                 : zone_lines(record, options.ttl_seconds));
  }
  if (options.nsupdate) {
    output.text("send\n");
  }
  return ExitCode::ok;
}

void declare_record(Command command, RecordOptions& options) {
  command.option("DOMAIN", options.domain, "The domain that receives mail (U-labels are fine)").required();
  command.option("WORDS", options.words, "The words of the web server's directive, see 'mta-sts render'");
  Option file = command.option("--file FILE", options.file, "Read the policy from this file");
  command
      .flag("--live", options.live, "Use the policy that the domain serves now, fetched as senders fetch it")
      .excludes(file);
  command
      .option("--rua URI", options.rua, "Also print the _smtp._tls record, with this mailto: or https: URI")
      .repeatable();
  command.option("--ttl SECONDS", options.ttl_seconds, "TTL of the records")
      .show_default()
      .range(1U, 604800U);
  Option nsupdate = command.flag("--nsupdate", options.nsupdate, "Print commands for nsupdate");
  command.flag("--json", options.json, "Print one JSON object").excludes(nsupdate);
  add_lookup_options(command, options.lookup);
  add_config_option(command, options.config);
  command.footer(
      "The id is a hash of what the policy means: it changes when, and only when, the policy does.\n"
      "--dns, --ca, --https-port, --allow-private and the --...timeout options apply to --live.\n"
      "Exit codes: 0 success, 1 the policy of --file or --live is not valid, 2 usage error or unreadable "
      "file,\n"
      "3 the live policy cannot be fetched now.\n\n"
      "Examples:\n"
      "  mta-sts record example.com enforce mx=mail.example.com max_age=2w\n"
      "  mta-sts record example.com --file /etc/mta-sts/policy.txt --rua mailto:tlsrpt@example.com\n"
      "  mta-sts record example.com testing mx=mail.example.com --nsupdate | nsupdate -k update.key\n"
      "  mta-sts record example.com --live");
}

}  // namespace

void add_record(Command app, Session& session) {
  add_command<RecordOptions>(app, session, "record", "Print the DNS records that announce a policy",
                             declare_record, run_record);
}

}  // namespace mta_sts::cli
