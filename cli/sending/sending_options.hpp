#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"
#include "cli/command.hpp"
#include "outcome/outbox/outbox.hpp"
#include "outcome/post/report_poster.hpp"
#include "outcome/report/render_report.hpp"
#include "outcome/report/report_target.hpp"
#include "resolver/options.hpp"
#include "sender/dns/stub_resolver.hpp"

namespace mta_sts::cli {

inline constexpr std::string_view sending_config_file = "/etc/mta-sts/tlsrpt.conf";

/// The words of `tlsrpt send` and `tlsrpt sent` as they were given.
struct SendingOptions {
  std::string outcomes_file{resolver::default_outcomes_file};
  std::string queue{"/var/lib/mta-sts/reports.sqlite"};
  std::string from;
  std::string organization;
  std::string contact;
  std::string submitter;
  std::string sendmail{"/usr/sbin/sendmail"};
  std::vector<std::string> dns;
  std::string ca_file{"/etc/ssl/certs/ca-certificates.crt"};
  bool allow_private = false;
  bool allow_own_host = false;
  bool require_certificate = false;
  unsigned timeout = 60;
  unsigned keep_days = 30;
  std::uint64_t receiver_limit = outcome::Outbox::default_receiver_limit;
  std::string day;
  bool dry_run = false;
  std::string check;
  std::string dkim_selector;
  std::string config;
  std::string domain;  // of `sent`
  std::string since;
  bool json = false;
  bool reports = false;
};

/// What those of `tlsrpt send` mean.
struct SendingSetup {
  outcome::MailTarget from;
  std::string submitter;
  outcome::ReportAuthor author;
  std::optional<std::chrono::sys_days> day;  ///< the one of --day
  outcome::PostOptions post;
  sender::StubResolverOptions dns;
};

/// Declares --queue and --config.
void declare_queue(Command command, SendingOptions& options);

/// Declares what `tlsrpt send` has besides.
void declare_sending(Command command, SendingOptions& options);

/// Reads a UTC day such as 2026-03-02. Error: bad-option.
[[nodiscard]] std::expected<std::chrono::sys_days, Fault> read_utc_day(std::string_view option,
                                                                       const std::string& word);

/// Reads the configuration file into what the command line left open of the bound options, and gives what all
/// of it means. Error: as apply_config_file(), or bad-option.
[[nodiscard]] std::expected<SendingSetup, Fault> read_setup(Command command, const SendingOptions& options);

}  // namespace mta_sts::cli
