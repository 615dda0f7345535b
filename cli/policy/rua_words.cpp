#include "cli/policy/rua_words.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/utf8.hpp"
#include "policy/txt_record.hpp"
#include "publish/mail_domain.hpp"
#include "publish/record_line.hpp"

namespace mta_sts::cli {
namespace {

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

std::optional<Fault> fault_of_rua(const std::string& uri) {
  const std::string shown = "--rua " + text::escape_for_display(uri);
  if (const std::string encoded = percent_encoded(uri); encoded != uri) {
    return Fault{"bad-rua", shown + ": \",\", \"!\" and \";\" must be percent-encoded: write " +
                                text::escape_for_display(encoded) + ", and repeat --rua for each address"};
  }
  TxtAnswer answer;
  answer.status = DnsStatus::no_error;
  answer.records.push_back({publish::tlsrpt_record_value(std::span(&uri, 1))});
  const TlsRptRecord record = parse_tlsrpt_answer(answer);
  if (record.outcome == TxtOutcome::ok && record.rua == std::vector{uri} && record.ignored.empty()) {
    return std::nullopt;
  }
  return Fault{"bad-rua", shown + ": not a mailto: or https: URI; for example mailto:tlsrpt@example.com"};
}

}  // namespace

std::expected<std::vector<std::string>, Fault> check_rua(std::vector<std::string>& rua,
                                                         std::string_view domain) {
  std::vector<std::string> once;
  std::vector<std::string> warnings;
  for (const std::string& uri : rua) {
    if (auto fault = fault_of_rua(uri)) {
      return std::unexpected(*std::move(fault));
    }
    if (std::ranges::find(once, uri) == once.end()) {
      once.push_back(uri);
    } else {
      warnings.push_back("rua-repeated: --rua " + text::escape_for_display(uri) +
                         " stands there more than once; the record has it once");
    }
  }
  if (std::string why = publish::why_no_tlsrpt_record(domain); !why.empty() && !once.empty()) {
    return std::unexpected(Fault{"bad-domain", text::quote_for_display(domain) + " " + why});
  }
  rua = std::move(once);
  return warnings;
}

}  // namespace mta_sts::cli
