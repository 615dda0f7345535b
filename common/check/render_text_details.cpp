#include "check/render_text_details.hpp"

#include "base/utf8.hpp"
#include "check/certificate.hpp"
#include "check/wording.hpp"

namespace mta_sts::check {
namespace {

constexpr std::size_t detail_bytes = 400;
constexpr std::size_t label_width = 8;

std::string shown(std::string_view foreign) {
  return text::escape_for_display(foreign, detail_bytes);
}

std::string line_of(std::string_view label, std::string_view value) {
  return value.empty() ? ""
                       : "    " + std::string(label) + std::string(label_width - label.size(), ' ') +
                             std::string(value) + "\n";
}

TextRole role_of(Remaining remaining) {
  return remaining == Remaining::enough      ? TextRole::good
         : remaining == Remaining::ends_soon ? TextRole::warning
                                             : TextRole::error;
}

std::string certificate_lines(const CertificateDetails& certificate, const Paint& paint) {
  const std::string ends =
      line_of("ends", to_text(certificate.not_after) + ", " +
                          paint(role_of(certificate.remaining), remaining_words(certificate)));
  if (!certificate.same_as.empty()) {
    return line_of("cert", "the same as at [" + shown(certificate.same_as) + "]") + ends;
  }
  const std::string key = certificate.key +
                          (certificate.key.empty() || certificate.signature.empty() ? "" : ", ") +
                          certificate.signature;
  return ends + line_of("names", shown(certificate.names)) + line_of("key", shown(key)) +
         line_of("issuer", shown(certificate.issuer)) +
         line_of("chain", certificate.is_chain_good ? certificate.chain
                                                    : paint(TextRole::error, shown(certificate.chain)));
}

std::string address_lines(const AddressDetails& at, const Paint& paint) {
  std::string lines = "  " + shown(subject_of(at.host, at.address)) + "\n";
  if (!at.trouble.empty()) {
    lines += line_of("TLS", paint(TextRole::warning, shown(at.trouble)));
  } else {
    lines += line_of("TLS", shown(at.tls_version + (at.cipher.empty() ? "" : ", " + at.cipher)));
  }
  return lines + (at.certificate ? certificate_lines(*at.certificate, paint) : "");
}

std::string addresses_of(const Details& details, bool of_policy_host, const Paint& paint) {
  std::string lines;
  for (const AddressDetails& at : details.addresses) {
    lines += at.is_policy_host == of_policy_host ? address_lines(at, paint) : "";
  }
  return lines.empty()
             ? ""
             : paint(TextRole::heading, of_policy_host ? "Policy host" : "Mail hosts") + "\n" + lines + "\n";
}

std::string records_of(const Details& details, const Paint& paint) {
  std::string lines = paint(TextRole::heading, "Records") + "\n";
  for (const RecordDetails& record : details.records) {
    const std::string text = shown(record.text);
    lines += "  " + shown(record.name) + " " + record.type + " " +
             (record.is_there ? text : paint(TextRole::plain, "none: " + text)) + "\n";
  }
  return lines + "\n";
}

std::string policy_of(const Details& details, const Paint& paint) {
  if (!details.policy) {
    return "";
  }
  std::string lines = paint(TextRole::heading, "Policy") + "\n  " + shown(details.policy->url) + ": " +
                      shown(details.policy->answer) + "\n";
  for (const std::string& line : details.policy->lines) {
    lines += "    " + shown(line) + "\n";
  }
  if (details.policy->bytes_left > 0) {
    lines += "    and " + plural(details.policy->bytes_left, "byte") + " more\n";
  }
  return lines + "\n";
}

TextRole role_of(Safety safety) {
  return safety == Safety::verified  ? TextRole::good
         : safety == Safety::clear   ? TextRole::warning
         : safety == Safety::refused ? TextRole::error
                                     : TextRole::plain;
}

std::string senders_of(const Details& details, const Paint& paint) {
  std::string lines;
  for (const SenderDetails& at : details.senders) {
    const auto line = [&](std::string_view sender, const SenderOutcome& outcome) {
      return "    " + std::string(sender) + paint(role_of(outcome.safety), outcome.words) + "\n";
    };
    lines += "  " + shown(subject_of(at.mx, at.address)) + "\n" +
             line("with MTA-STS       ", at.with_mta_sts) + line("with DANE          ", at.with_dane) +
             line("with neither       ", at.without);
  }
  return lines.empty() ? "" : paint(TextRole::heading, "What senders do") + "\n" + lines + "\n";
}

}  // namespace

std::string render_next(const std::vector<Step>& steps, const Paint& paint) {
  std::string lines;
  for (const Step& step : steps) {
    lines += "  " + shown(step_words(step)) + "\n";
  }
  return lines.empty() ? "" : paint(TextRole::heading, "Next") + "\n" + lines + "\n";
}

std::string render_text(const Details& details, const Paint& paint) {
  return records_of(details, paint) + policy_of(details, paint) + addresses_of(details, true, paint) +
         addresses_of(details, false, paint) + senders_of(details, paint);
}

}  // namespace mta_sts::check
