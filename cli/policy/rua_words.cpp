#include "cli/policy/rua_words.hpp"

#include <span>
#include <string_view>
#include <vector>

#include "base/utf8.hpp"
#include "policy/txt_record.hpp"
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

}  // namespace

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

}  // namespace mta_sts::cli
