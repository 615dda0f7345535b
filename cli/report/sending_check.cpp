#include "cli/report/sending_check.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/domain_name.hpp"
#include "base/utf8.hpp"
#include "cli/report/dkim_key.hpp"
#include "cli/report/report_records.hpp"
#include "os/uv_loop.hpp"
#include "sender/dns/stub_resolver.hpp"

namespace mta_sts::cli {
namespace {

enum class Weight : std::uint8_t { good, warning, bad };

/// Asks, judges and prints, one line each.
class SendingCheck {
 public:
  SendingCheck(Output& output, const SendingOptions& options, const SendingSetup& setup, UvLoop& loop,
               sender::DnsLookup& dns)
      : output_(output), options_(options), setup_(setup), loop_(loop), dns_(dns) {}

  [[nodiscard]] ExitCode code() const { return code_; }

  void check_domain(const std::string& domain) {
    const auto record = lookup_report_records(loop_, dns_, {domain}).front();
    if (record.outcome == TxtOutcome::temp) {
      unknown("the TLSRPT record of " + domain + " could not be looked up: " + record.detail);
      return;
    }
    const Recipients recipients = recipients_of(record);
    for (const std::string& warning : recipients.warnings) {
      say(Weight::warning, warning);
    }
    if (recipients.rua.empty()) {
      say(Weight::bad, domain + " has no usable TLSRPT record: nothing is sent to it");
    }
    for (const std::string& rua : recipients.rua) {
      if (const auto target = outcome::parse_report_target(rua)) {
        std::visit([this](const auto& one) { check_target(one); }, *target);
      }
    }
  }

  void check_target(const outcome::MailTarget& to) {
    has_mail_ = true;
    const std::string domain = to.address.substr(to.address.rfind('@') + 1);
    const auto mx = lookup_now(loop_, dns_, domain, sender::DnsType::mx);
    if (mx.status == DnsStatus::no_data) {
      check_address(domain, to.address + ": its domain has no MX record, but an address");
    } else if (mx.status != DnsStatus::no_error) {
      missing(mx, to.address + ": the MX records of its domain");
    } else if (std::ranges::any_of(mx.records, [](const sender::DnsData& data) {
                 const auto* host = std::get_if<sender::MxData>(&data);
                 return host != nullptr && host->host.empty();
               })) {
      say(Weight::bad, to.address + ": its domain takes no mail (null MX)");
    } else {
      say(Weight::good, to.address + ": its domain has MX records");
    }
  }

  void check_target(const outcome::PostTarget& target) {
    check_address(target.host, target.host + " has an address for the POST");
  }

  void check_mail_of_own() {
    if (!has_mail_) {
      return;
    }
    if (::access(options_.sendmail.c_str(), X_OK) == 0) {
      say(Weight::good, options_.sendmail + " can be run");
    } else {
      say(Weight::bad, options_.sendmail + " cannot be run: install an MTA, or give another --sendmail");
    }
    const std::string domain = setup_.from.address.substr(setup_.from.address.rfind('@') + 1);
    check_text(domain, "v=spf1", "SPF record of " + domain);
    check_text("_dmarc." + domain, "v=DMARC1", "DMARC record of " + domain);
    check_dkim(domain);
  }

 private:
  void say(Weight weight, const std::string& line) {
    const std::string_view word = weight == Weight::good      ? "ok      "
                                  : weight == Weight::warning ? "warning "
                                                              : "error   ";
    const Colour colour = weight == Weight::good      ? Colour::green
                          : weight == Weight::warning ? Colour::yellow
                                                      : Colour::red;
    output_.line(output_.paint(colour, word) + line);
    if (weight == Weight::bad) {
      code_ = worse(code_, ExitCode::at_fault);
    }
  }

  void unknown(const std::string& line) {
    say(Weight::warning, line);
    code_ = worse(code_, ExitCode::temporary);
  }

  void missing(const sender::DnsAnswer& answer, const std::string& what) {
    if (answer.status == DnsStatus::nx_domain || answer.status == DnsStatus::no_data) {
      say(Weight::bad, what + ": there are none");
    } else {
      unknown(what + " could not be looked up (" + std::string(to_string(answer.status)) + ")");
    }
  }

  void check_address(const std::string& host, const std::string& good) {
    bool is_refused = false;
    sender::DnsAnswer last;
    for (const sender::DnsType type : {sender::DnsType::aaaa, sender::DnsType::a}) {
      sender::DnsAnswer answer = lookup_now(loop_, dns_, host, type);
      for (const sender::DnsData& data : answer.records) {
        const auto* address = std::get_if<IpAddress>(&data);
        if (address != nullptr && (address->is_public() || options_.allow_private)) {
          say(Weight::good, good);
          return;
        }
        is_refused = true;
      }
      last = std::move(answer);
    }
    if (is_refused) {
      say(Weight::bad, host + " has only addresses of private networks, where nothing is sent");
    } else {
      missing(last, "addresses of " + host);
    }
  }

  // The TXT records of a name that begin so.
  std::vector<std::string> texts(const sender::DnsAnswer& answer, std::string_view begin) {
    std::vector<std::string> found;
    for (const auto& strings : to_txt_answer(answer).records) {
      std::string text;
      for (const std::string& part : strings) {
        text += part;
      }
      if (text.starts_with(begin)) {
        found.push_back(std::move(text));
      }
    }
    return found;
  }

  void check_text(const std::string& name, std::string_view begin, const std::string& what) {
    const auto answer = lookup_now(loop_, dns_, name, sender::DnsType::txt);
    if (!texts(answer, begin).empty()) {
      say(Weight::good, what + " is there");
    } else if (answer.status == DnsStatus::no_error || answer.status == DnsStatus::no_data ||
               answer.status == DnsStatus::nx_domain) {
      say(Weight::warning, "there is no " + what + ": receivers may refuse the mail");
    } else {
      unknown(what + " could not be looked up");
    }
  }

  void check_dkim(const std::string& domain) {
    if (options_.dkim_selector.empty()) {
      say(Weight::warning,
          "DKIM: give --dkim-selector to look at the key; a report without a valid signature is ignored");
      return;
    }
    const std::string name = options_.dkim_selector + "._domainkey." + domain;
    const auto answer = lookup_now(loop_, dns_, name, sender::DnsType::txt);
    if (answer.status != DnsStatus::no_error) {
      missing(answer, "DKIM keys at " + text::escape_for_display(name));
      return;
    }
    const auto keys = texts(answer, "");
    const DkimKey key = keys.size() == 1 ? judge_dkim_key(keys.front()) : DkimKey::several;
    say(is_usable(key) ? key == DkimKey::good ? Weight::good : Weight::warning : Weight::bad,
        "DKIM key at " + text::escape_for_display(name) + ": " + std::string(explain(key)));
  }

  Output& output_;
  const SendingOptions& options_;
  const SendingSetup& setup_;
  UvLoop& loop_;
  sender::DnsLookup& dns_;
  bool has_mail_ = false;
  ExitCode code_ = ExitCode::ok;
};

}  // namespace

ExitCode check_sending(Output& output, const SendingOptions& options, const SendingSetup& setup) {
  const auto address = outcome::parse_mail_address(options.check);
  const auto domain = DomainName::parse(options.check);
  if (!address && !domain) {
    output.error(Fault{"bad-option", "--check " + text::quote_for_display(options.check) +
                                         ": write a domain or a plain mail address"});
    return ExitCode::wrong_use;
  }
  const auto loop = UvLoop::create();
  if (!loop) {
    output.error(
        Fault{"loop-failed", "the event loop cannot be created; raise the limits on memory and descriptors"});
    return ExitCode::temporary;
  }
  sender::StubResolver dns(loop->get(), setup.dns);
  SendingCheck check(output, options, setup, *loop, dns);
  if (address) {
    check.check_target(*address);
  } else {
    check.check_domain(domain->text());
  }
  check.check_mail_of_own();
  return check.code();
}

}  // namespace mta_sts::cli
