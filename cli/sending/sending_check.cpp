#include "cli/sending/sending_check.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/domain_name.hpp"
#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "cli/sending/dkim_key.hpp"
#include "cli/sending/report_records.hpp"
#include "os/own_addresses.hpp"
#include "os/uv_loop.hpp"
#include "outcome/report/report_target.hpp"
#include "sender/dns/stub_resolver.hpp"

namespace mta_sts::cli {
namespace {

enum class Weight : std::uint8_t { good, warning, bad, unknown };

/// The most domains from that of --from upwards whose DMARC record is looked for.
constexpr int dmarc_lookups = 8;

std::string_view to_string(Weight weight) {
  static constexpr auto words = enum_names<Weight>({
      {Weight::good, "ok"},
      {Weight::warning, "warning"},
      {Weight::bad, "error"},
      {Weight::unknown, "unknown"},
  });
  return words[weight];
}

std::string_view parent_of(std::string_view domain) {
  return domain.substr(std::min(domain.find('.'), domain.size() - 1) + 1);
}

/// Asks, judges and prints: one line for each finding, or all of them in one JSON object.
class SendingCheck {
 public:
  SendingCheck(Output& output, const SendingOptions& options, const SendingSetup& setup, UvLoop& loop,
               sender::DnsLookup& dns)
      : output_(output), options_(options), setup_(setup), loop_(loop), dns_(dns) {}

  [[nodiscard]] ExitCode code() const { return code_; }

  void check_domain(const std::string& domain) {
    const Recipients recipients = lookup_recipients(loop_, dns_, {domain}).front();
    if (recipients.unknown) {
      say(Weight::unknown, tlsrpt_record,
          "the TLSRPT record of " + domain + " could not be looked up: " + *recipients.unknown);
      return;
    }
    for (const std::string& warning : recipients.warnings) {
      say(Weight::warning, tlsrpt_record, warning);
    }
    if (recipients.to.empty()) {
      say(Weight::bad, tlsrpt_record, domain + " has no usable TLSRPT record: nothing is sent to it");
    }
    for (const outcome::Recipient& recipient : recipients.to) {
      if (const auto target = outcome::parse_report_target(recipient.uri)) {
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
      missing(mx, receiver, to.address + ": the MX records of its domain");
    } else if (std::ranges::any_of(mx.records, [](const sender::DnsData& data) {
                 const auto* host = std::get_if<sender::MxData>(&data);
                 return host != nullptr && host->host.empty();
               })) {
      say(Weight::bad, receiver, to.address + ": its domain takes no mail (null MX)");
    } else {
      say(Weight::good, receiver, to.address + ": its domain has MX records");
    }
  }

  void check_target(const outcome::PostTarget& target) {
    check_address(target.host, target.host + " has an address for the POST");
  }

  void check_mail_of_own() {
    if (!has_mail_) {
      return;
    }
    struct stat found{};
    if (::stat(options_.sendmail.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
        ::access(options_.sendmail.c_str(), X_OK) == 0) {
      say(Weight::good, "sendmail", options_.sendmail + " can be run");
    } else {
      say(Weight::bad, "sendmail",
          options_.sendmail + " cannot be run: install an MTA, or give another --sendmail");
    }
    const std::string domain = setup_.from.address.substr(setup_.from.address.rfind('@') + 1);
    check_spf(domain);
    check_dmarc(domain);
    check_dkim(domain);
  }

  /// Prints the findings, where they were asked for in JSON.
  void finish() {
    if (options_.json) {
      output_.line(nlohmann::ordered_json{{"findings", std::move(findings_)}}.dump(
          2, ' ', true, nlohmann::ordered_json::error_handler_t::replace));
    }
  }

 private:
  // What a finding is about, in JSON.
  static constexpr const char* tlsrpt_record = "tlsrpt-record";
  static constexpr const char* receiver = "receiver";
  static constexpr const char* dkim_key = "dkim-key";

  void say(Weight weight, const char* about, const std::string& line) {
    if (weight == Weight::bad) {
      code_ = worse(code_, ExitCode::at_fault);
    } else if (weight == Weight::unknown) {
      code_ = worse(code_, ExitCode::temporary);
    }
    if (options_.json) {
      findings_.push_back({{"level", to_string(weight)}, {"about", about}, {"text", line}});
      return;
    }
    constexpr std::size_t column = 8;
    std::string word(to_string(weight));
    word.resize(column, ' ');
    const Colour colour = weight == Weight::good  ? Colour::green
                          : weight == Weight::bad ? Colour::red
                                                  : Colour::yellow;
    output_.line(output_.paint(colour, word) + line);
  }

  void missing(const sender::DnsAnswer& answer, const char* about, const std::string& what) {
    if (answer.status == DnsStatus::nx_domain || answer.status == DnsStatus::no_data) {
      say(Weight::bad, about, what + ": there are none");
    } else {
      say(Weight::unknown, about,
          what + " could not be looked up (" + std::string(mta_sts::to_string(answer.status)) + ")");
    }
  }

  void check_address(const std::string& host, const std::string& good) {
    bool is_refused = false;
    bool is_own = false;
    sender::DnsAnswer last;
    for (const sender::DnsType type : {sender::DnsType::aaaa, sender::DnsType::a}) {
      sender::DnsAnswer answer = lookup_now(loop_, dns_, host, type);
      for (const sender::DnsData& data : answer.records) {
        const auto* address = std::get_if<IpAddress>(&data);
        if (address == nullptr || (!address->is_public() && !setup_.post.allow_private)) {
          is_refused = true;
        } else if (leads_to_one_of(*address, setup_.post.own_addresses)) {
          is_own = true;
        } else {
          say(Weight::good, receiver, good);
          return;
        }
      }
      last = std::move(answer);
    }
    if (is_own) {
      say(Weight::bad, receiver, host + " is this host, where nothing is sent; see --allow-own-host");
    } else if (is_refused) {
      say(Weight::bad, receiver, host + " has only addresses of private networks, where nothing is sent");
    } else {
      missing(last, receiver, "addresses of " + host);
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

  // Gives how many records of a kind a name has; nothing, with a finding, where that cannot be known.
  std::optional<std::size_t> count_texts(const std::string& name, std::string_view begin, const char* about) {
    const auto answer = lookup_now(loop_, dns_, name, sender::DnsType::txt);
    if (answer.status == DnsStatus::no_error || answer.status == DnsStatus::no_data ||
        answer.status == DnsStatus::nx_domain) {
      return texts(answer, begin).size();
    }
    say(Weight::unknown, about, "the TXT records of " + name + " could not be looked up");
    return std::nullopt;
  }

  void check_spf(const std::string& domain) {
    const auto found = count_texts(domain, "v=spf1", "spf-record");
    if (found == 1U) {
      say(Weight::good, "spf-record", "SPF record of " + domain + " is there");
    } else if (found) {
      say(Weight::warning, "spf-record",
          (*found == 0 ? "there is no SPF record of "
                       : "there are several SPF records, which count as none, of ") +
              domain + ": receivers may refuse the mail");
    }
  }

  // Receivers look at the domain itself and at its organizational domain (RFC 7489 section 6.6.3). Which one
  // that is takes a list of all public suffixes to know, so this says where a record was found.
  void check_dmarc(const std::string& domain) {
    std::string_view at = domain;
    for (int lookups = 0; lookups < dmarc_lookups && (at == domain || at.find('.') != at.npos); ++lookups) {
      const auto found = count_texts("_dmarc." + std::string(at), "v=DMARC1", "dmarc-record");
      if (!found) {
        return;
      }
      if (*found > 1) {
        say(Weight::warning, "dmarc-record",
            "there are several DMARC records, which count as none, of " + std::string(at) +
                ": receivers may refuse the mail");
        return;
      }
      if (*found == 1) {
        say(Weight::good, "dmarc-record",
            "DMARC record of " + std::string(at) + " is there" +
                (at == domain ? ""
                              : "; it counts for " + domain + " if " + std::string(at) +
                                    " is its organizational domain, which this does not know"));
        return;
      }
      at = parent_of(at);
    }
    say(Weight::warning, "dmarc-record",
        "there is no DMARC record of " + domain + " or a domain above it: receivers may refuse the mail");
  }

  void check_dkim(const std::string& domain) {
    if (options_.dkim_selector.empty()) {
      say(Weight::warning, dkim_key,
          "DKIM: give --dkim-selector to look at the key; a report without a valid signature is ignored");
      return;
    }
    const std::string name = options_.dkim_selector + "._domainkey." + domain;
    const auto answer = lookup_now(loop_, dns_, name, sender::DnsType::txt);
    if (answer.status != DnsStatus::no_error) {
      missing(answer, dkim_key, "DKIM keys at " + text::escape_for_display(name));
      return;
    }
    const auto keys = texts(answer, "");
    const DkimKey key = keys.size() == 1 ? judge_dkim_key(keys.front()) : DkimKey::several;
    say(is_usable(key) ? key == DkimKey::good ? Weight::good : Weight::warning : Weight::bad, dkim_key,
        "DKIM key at " + text::escape_for_display(name) + ": " + std::string(explain(key)));
  }

  Output& output_;
  const SendingOptions& options_;
  const SendingSetup& setup_;
  UvLoop& loop_;
  sender::DnsLookup& dns_;
  nlohmann::ordered_json findings_ = nlohmann::ordered_json::array();
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
  check.finish();
  return check.code();
}

}  // namespace mta_sts::cli
