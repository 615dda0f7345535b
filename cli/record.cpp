#include "base/utf8.hpp"
#include "command.hpp"
#include "idna/idna.hpp"
#include "policy/txt_record.hpp"
#include "publish/record_line.hpp"
#include "subcommands.hpp"
#include "words.hpp"

namespace mta_sts::cli {
namespace {

struct RecordOptions {
  std::string domain;
  std::vector<std::string> words;
  std::string file;
  std::vector<std::string> rua;
  unsigned ttl_seconds = 300;
  bool nsupdate = false;
  bool json = false;
};

struct TxtToPublish {
  std::string owner;
  std::string value;
};

/// "," "!" and ";" are the record's own separators. RFC 8460 section 3.
std::string percent_encoded(std::string_view uri) {
  std::string out;
  for (const char c : uri) {
    switch (c) {
      case ',':
        out += "%2C";
        break;
      case '!':
        out += "%21";
        break;
      case ';':
        out += "%3B";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// Says what is wrong with a URI of --rua, or nothing where it may stand in the record as it is.
std::string fault_of_rua(const std::string& uri) {
  const std::string shown = "--rua " + text::escape_for_display(uri);
  if (const std::string encoded = percent_encoded(uri); encoded != uri) {
    return shown + ": \",\", \"!\" and \";\" must be percent-encoded: write " +
           text::escape_for_display(encoded) + ", and give --rua once for each address (bad-rua)";
  }
  TxtAnswer answer;
  answer.status = DnsStatus::no_error;
  answer.records.push_back({tlsrpt_record_value(std::span(&uri, 1))});
  const TlsRptRecord record = parse_tlsrpt_answer(answer);
  if (record.outcome == TxtOutcome::ok && record.rua == std::vector{uri} && record.ignored.empty()) {
    return {};
  }
  return shown + ": no mailto: or https: URI; for example mailto:tlsrpt@example.com (bad-rua)";
}

std::string zone_lines(const std::vector<TxtToPublish>& records, unsigned ttl_seconds) {
  std::string out;
  for (const TxtToPublish& record : records) {
    out += txt_zone_line(record.owner, record.value, ttl_seconds) + "\n";
  }
  return out;
}

/// The old records of the name go: two STSv1 records count as none (RFC 8461 section 3.1).
std::string nsupdate_lines(const std::vector<TxtToPublish>& records, unsigned ttl_seconds) {
  std::string out;
  for (const TxtToPublish& record : records) {
    out += "update delete " + record.owner + ". TXT\n";
    out += "update add " + record.owner + ". " + std::to_string(ttl_seconds) + " TXT " +
           txt_presentation(record.value) + "\n";
  }
  return out + "send\n";
}

std::string json_object(const std::vector<TxtToPublish>& records, const RecordOptions& options,
                        const PublishedPolicy& policy) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const TxtToPublish& record : records) {
    list.push_back(
        {{"name", record.owner}, {"type", "TXT"}, {"ttl", options.ttl_seconds}, {"value", record.value}});
  }
  return nlohmann::ordered_json{{"id", policy.id}, {"mode", to_string(policy.mode)}, {"records", list}}.dump(
             2) +
         "\n";
}

PolicyFromWords policy_of(Output& output, const RecordOptions& options) {
  if (options.file.empty()) {
    return policy_from_words(output, options.words);
  }
  std::vector<std::string> words = options.words;
  words.push_back("file=" + options.file);
  return policy_from_words(output, words);
}

ExitCode run_record(Output& output, const RecordOptions& options, const CLI::App&) {
  const auto domain = to_a_labels(options.domain);
  if (!domain) {
    output.error("\"" + text::escape_for_display(options.domain) +
                 "\" is no domain: " + domain.error().detail);
    return ExitCode::wrong_use;
  }
  for (const std::string& uri : options.rua) {
    if (const std::string fault = fault_of_rua(uri); !fault.empty()) {
      output.error(fault);
      return ExitCode::wrong_use;
    }
  }
  const PolicyFromWords made = policy_of(output, options);
  if (!made.policy) {
    return made.exit_code;
  }
  std::vector<TxtToPublish> records = {{"_mta-sts." + domain->text(), record_value(made.policy->id)}};
  if (!options.rua.empty()) {
    records.push_back({"_smtp._tls." + domain->text(), tlsrpt_record_value(options.rua)});
  }
  if (options.json) {
    output.text(json_object(records, options, *made.policy));
  } else if (options.nsupdate) {
    output.text(nsupdate_lines(records, options.ttl_seconds));
  } else {
    output.text(zone_lines(records, options.ttl_seconds));
  }
  return ExitCode::ok;
}

void declare_record(CLI::App& command, RecordOptions& options) {
  command.add_option("DOMAIN", options.domain, "the domain that receives mail (U-labels are fine)")
      ->required();
  command.add_option("WORDS", options.words, "the words of the web server's directive, see 'mta-sts render'");
  command.add_option("--file", options.file, "take the policy from this file");
  command
      .add_option("--rua", options.rua,
                  "also give the _smtp._tls record: a mailto: or https: URI (repeatable)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--ttl", options.ttl_seconds, "TTL in seconds")
      ->capture_default_str()
      ->check(CLI::Range(1U, 604800U));
  CLI::Option* nsupdate = command.add_flag("--nsupdate", options.nsupdate, "print commands for nsupdate");
  command.add_flag("--json", options.json, "print one JSON object")->excludes(nsupdate);
  command.footer(
      "The id is a hash of what the policy means: it changes when, and only when, the policy does.\n\n"
      "Examples:\n"
      "  mta-sts record example.com enforce mx=mail.example.com max_age=2w\n"
      "  mta-sts record example.com --file /etc/mta-sts/policy.txt --rua mailto:tlsrpt@example.com\n"
      "  mta-sts record example.com testing mx=mail.example.com --nsupdate | nsupdate -k update.key");
}

}  // namespace

void add_record(CLI::App& app, Session& session) {
  add_command<RecordOptions>(app, session, "record", "print the DNS records that announce a policy",
                             declare_record, run_record);
}

}  // namespace mta_sts::cli
