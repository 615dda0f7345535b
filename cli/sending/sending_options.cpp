#include "cli/sending/sending_options.hpp"

#include "base/ascii.hpp"
#include "base/domain_name.hpp"
#include "base/utf8.hpp"
#include "cli/config_file.hpp"
#include "cli/resolver/lookup_words.hpp"
#include "os/own_addresses.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::cli {
namespace {

std::unexpected<Fault> bad_word(std::string_view option, const std::string& word, const std::string& advice) {
  return std::unexpected(
      Fault{"bad-option", std::string(option) + " " + text::quote_for_display(word) + ": " + advice});
}

// What is wrong with an address in the configuration file is said with file and line, which only a check can.
// An empty one is told by option_left_empty().
std::string fault_of_address(const std::string& word) {
  return word.empty() || outcome::parse_mail_address(word)
             ? std::string()
             : text::quote_for_display(word) + ": write one plain address, such as tls-reports@example.com";
}

std::string fault_of_domain(const std::string& word) {
  const auto name = DomainName::parse(word);
  return word.empty() || name ? std::string()
                              : text::quote_for_display(word) + ": " + std::string(explain(name.error()));
}

std::string fault_of_name(const std::string& word) {
  return text::find_invalid_utf8(word) ? text::quote_for_display(word) + ": not UTF-8" : std::string();
}

}  // namespace

std::expected<std::chrono::sys_days, Fault> read_utc_day(std::string_view option, const std::string& word) {
  const auto day = tlsrpt::parse_day(word);
  if (!day) {
    return bad_word(option, word, "not a day; write it as 2026-03-02");
  }
  return *day;
}

void declare_queue(Command command, SendingOptions& options) {
  command.option("--queue FILE", options.queue, "SQLite file of the reports that wait and that were sent")
      .show_default();
  add_config_option(command, options.config, sending_config_file);
}

void declare_sending(Command command, SendingOptions& options) {
  command.option("--from ADDRESS", options.from, "Sender address of the mails; bounces go there")
      .check(fault_of_address);
  command.option("--organization NAME", options.organization, "Name of the organization that reports")
      .by_default("the submitter's domain")
      .check(fault_of_name);
  command.option("--contact ADDRESS", options.contact, "Whom to ask about a report")
      .by_default("that of --from")
      .check(fault_of_address);
  command.option("--submitter DOMAIN", options.submitter, "Domain or host that reports")
      .by_default("the domain of --from")
      .check(fault_of_domain);
  command
      .option("--outcomes-file FILE", options.outcomes_file,
              "SQLite file in which the resolver counts sessions")
      .show_default();
  declare_queue(command, options);
  command.option("--sendmail PATH", options.sendmail, "Program that takes mail").show_default();
  add_dns_option(command, options.dns);
  command.option("--ca FILE", options.ca_file, "File of trusted root certificates, PEM").show_default();
  command.flag("--allow-private", options.allow_private,
               "Post to receivers on loopback and private addresses too");
  command.flag("--allow-own-host", options.allow_own_host,
               "Post to receivers on this host's own public addresses too");
  command.flag("--require-certificate", options.require_certificate,
               "Post only to receivers whose certificate is valid");
  command.option("--timeout SECONDS", options.timeout, "Time for one POST").show_default().range(1U, 3600U);
  command
      .option("--keep-days DAYS", options.keep_days,
              "The last days whose reports are kept once they were sent")
      .show_default()
      .range(3U, 3650U);
  command
      .option("--receiver-limit COUNT", options.receiver_limit,
              "Most reports of a day that go to one receiver, which is a host or the domain of an address")
      .show_default()
      .range(std::uint64_t{1}, std::uint64_t{1'000'000'000});
  command.option("--day DAY", options.day, "The UTC day to report on, such as 2026-03-02")
      .by_default("yesterday, and the day before if that was not done")
      .not_in_file();
  const Option dry_run =
      command
          .flag("--dry-run", options.dry_run, "Print the reports and whom they would go to; change nothing")
          .not_in_file();
  const Option check =
      command
          .option("--check DOMAIN|ADDRESS", options.check,
                  "Tell whether a report to this domain, or this address, would be signed and accepted")
          .not_in_file()
          .excludes(dry_run);
  command.flag("--json", options.json, "Print the findings as one JSON object").not_in_file().needs(check);
  command.option("--dkim-selector NAME", options.dkim_selector, "DKIM selector whose key --check looks at");
}

std::expected<SendingSetup, Fault> read_setup(Command command, const SendingOptions& options) {
  if (auto applied = apply_config_file(command, command, options.config, sending_config_file); !applied) {
    return std::unexpected(applied.error());
  }
  if (options.from.empty()) {
    return std::unexpected(Fault{"bad-option", "--from is missing: give it, or write \"from = ADDRESS\" in " +
                                                   std::string(sending_config_file)});
  }
  // Each was checked where it was given.
  const outcome::MailTarget from = outcome::parse_mail_address(options.from).value();
  const std::string domain = from.address.substr(from.address.rfind('@') + 1);
  SendingSetup setup{.from = from, .submitter = domain, .author = {}, .day = {}, .post = {}, .dns = {}};
  if (!options.submitter.empty()) {
    setup.submitter = DomainName::parse(options.submitter).value().text();
  }
  setup.author = {.organization = options.organization.empty() ? setup.submitter : options.organization,
                  .contact = options.contact.empty()
                                 ? from.address
                                 : outcome::parse_mail_address(options.contact).value().address};
  if (!options.day.empty()) {
    const auto day = read_utc_day("--day", options.day);
    if (!day) {
      return std::unexpected(day.error());
    }
    setup.day = *day;
  }
  setup.post.ca_file = options.ca_file;
  setup.post.allow_private = options.allow_private;
  if (!options.allow_private && !options.allow_own_host) {
    auto own = own_addresses();
    if (!own) {
      return std::unexpected(
          Fault{"lookup-unusable", "the system does not tell this host's addresses; see --allow-own-host"});
    }
    setup.post.own_addresses = *std::move(own);
  }
  setup.post.requires_certificate = options.require_certificate;
  setup.post.deadline = std::chrono::seconds(options.timeout);
  setup.dns.servers = to_dns_servers(options.dns);
  return setup;
}

}  // namespace mta_sts::cli
