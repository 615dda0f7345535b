#include "check/render_html_details.hpp"

#include "base/enum_names.hpp"
#include "check/certificate.hpp"
#include "check/markup.hpp"
#include "check/wording.hpp"

namespace mta_sts::check {
namespace {

using markup::described;
using markup::element;
using markup::escaped;

std::string_view class_of(Remaining remaining) {
  using enum Remaining;
  static constexpr auto words = enum_names<Remaining>({
      {enough, "good"},
      {ends_soon, "warn"},
      {out_of_time, "bad"},
  });
  return words[remaining];
}

std::string certificate_list(const CertificateDetails& certificate) {
  const std::string ends = escaped(to_text(certificate.not_after)) + " " +
                           element("strong", class_of(certificate.remaining), remaining_words(certificate));
  if (!certificate.same_as.empty()) {
    return described("cert", "the same as at " + escaped(certificate.same_as)) + described("ends", ends);
  }
  const std::string key = certificate.key +
                          (certificate.key.empty() || certificate.signature.empty() ? "" : ", ") +
                          certificate.signature;
  return described("ends", ends) + described("names", escaped(certificate.names)) +
         described("key", escaped(key)) + described("issuer", escaped(certificate.issuer)) +
         described("chain",
                   element("span", certificate.is_chain_good ? "" : "bad", escaped(certificate.chain)));
}

std::string address_block(const AddressDetails& at) {
  std::string out = "<div class=\"type\"><h3>" + escaped(at.host) + " " +
                    element("span", "soft", escaped(at.address)) + "</h3>\n<dl>\n";
  if (!at.trouble.empty()) {
    out += described("TLS", element("span", "bad", escaped(at.trouble)));
  } else {
    out += described("TLS", escaped(at.tls_version + (at.cipher.empty() ? "" : ", " + at.cipher)));
  }
  return out + (at.certificate ? certificate_list(*at.certificate) : "") + "</dl></div>\n";
}

std::string address_blocks(const Details& details, bool of_policy_host) {
  std::string out;
  for (const AddressDetails& at : details.addresses) {
    out += at.is_policy_host == of_policy_host ? address_block(at) : "";
  }
  return out.empty() ? ""
                     : "<h2>" + std::string(of_policy_host ? "Policy host" : "Mail hosts") + "</h2>\n" + out;
}

std::string records_of(const Details& details) {
  std::string rows;
  for (const RecordDetails& record : details.records) {
    rows += "<tr>" + element("th", "", escaped(record.name)) + element("td", "", escaped(record.type)) +
            element("td", record.is_there ? "" : "soft",
                    record.is_there ? markup::code(escaped(record.text)) : "none: " + escaped(record.text)) +
            "</tr>\n";
  }
  return "<h2>Records</h2>\n" + markup::table({"Name", "Type", "Data"}, rows);
}

std::string policy_of(const Details& details) {
  if (!details.policy) {
    return "";
  }
  std::string text;
  for (const std::string& line : details.policy->lines) {
    text += escaped(line) + "\n";
  }
  if (details.policy->bytes_left > 0) {
    text += "... and " + plural(details.policy->bytes_left, "byte") + " more\n";
  }
  return "<h2>Policy</h2>\n" +
         element("p", "soft", escaped(details.policy->url) + ": " + escaped(details.policy->answer)) + "\n" +
         (text.empty() ? "" : element("pre", "", text) + "\n");
}

std::string_view class_of(Safety safety) {
  using enum Safety;
  static constexpr auto words = enum_names<Safety>({
      {verified, "good"},
      {encrypted, ""},
      {clear, "warn"},
      {refused, "bad"},
      {unknown, "soft"},
  });
  return words[safety];
}

// On a phone the cells stand below each other, each with its column's name.
std::string cell(std::string_view column, const SenderOutcome& outcome) {
  return "<td data-label=\"" + std::string(column) + "\">" +
         element("span", class_of(outcome.safety), escaped(outcome.words)) + "</td>";
}

constexpr std::string_view mta_sts_column = "With MTA-STS";
constexpr std::string_view dane_column = "With DANE";
constexpr std::string_view neither_column = "With neither";

}  // namespace

std::string render_senders(const Details& details) {
  std::string rows;
  for (const SenderDetails& at : details.senders) {
    rows += "<tr>" +
            element("th", "", escaped(at.mx) + "<br>" + element("span", "soft", escaped(at.address))) +
            cell(mta_sts_column, at.with_mta_sts) + cell(dane_column, at.with_dane) +
            cell(neither_column, at.without) + "</tr>\n";
  }
  return rows.empty() ? ""
                      : "<h2>What senders do</h2>\n" +
                            markup::table({"Mail host", mta_sts_column, dane_column, neither_column}, rows);
}

std::string render_next(const std::vector<Step>& steps) {
  std::string items;
  for (const Step& step : steps) {
    items += element("li", "", escaped(step_words(step))) + "\n";
  }
  return items.empty() ? "" : "<h2>Next</h2>\n" + element("ul", "next", "\n" + items) + "\n";
}

std::string render_html(const Details& details) {
  return records_of(details) + policy_of(details) + address_blocks(details, true) +
         address_blocks(details, false);
}

}  // namespace mta_sts::check
