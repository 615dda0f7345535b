// A TXT answer, read as `_mta-sts` and as `_smtp._tls`: records are cut at LF, their strings at "|".
#include "policy/txt_record.hpp"
#include "fuzz/fuzz.hpp"
#include "policy/report_uri.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

TxtAnswer answer_of(std::string_view text) {
  TxtAnswer answer{.status = DnsStatus::no_error, .records = {}};
  for (const std::string_view record : split(text, '\n')) {
    const auto strings = split(record, '|');
    answer.records.emplace_back(strings.begin(), strings.end());
  }
  return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const TxtAnswer answer = answer_of(view_of(data, size));
  const TxtRecord record = parse_txt_answer(answer);
  require(record.outcome != TxtOutcome::temp);
  require((record.outcome == TxtOutcome::ok) == is_policy_id(record.id));
  require((record.outcome == TxtOutcome::ok) == record.detail.empty());
  require_safe(record.detail);
  const TlsRptRecord reports = parse_tlsrpt_answer(answer);
  require((reports.outcome == TxtOutcome::ok) == !reports.rua.empty());
  require((reports.outcome == TxtOutcome::ok) == reports.detail.empty());
  require_safe(reports.detail);
  for (const std::string& uri : reports.rua) {
    require(classify_report_uri(uri) == ReportUri::usable);
    require_safe(uri);
  }
  require(record.outcome != TxtOutcome::ok || reports.outcome != TxtOutcome::ok || answer.records.size() > 1);
  return 0;
}
