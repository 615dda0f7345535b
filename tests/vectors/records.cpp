// The areas txt and tlsrpt-record: which TXT record counts, and what it says.
#include <array>

#include "policy/txt_record.hpp"
#include "vectors/reader.hpp"

namespace mta_sts::vectors {
namespace {

DnsStatus status_of(const Json& value) {
  constexpr std::array statuses{DnsStatus::no_error,  DnsStatus::no_data, DnsStatus::nx_domain,
                                DnsStatus::serv_fail, DnsStatus::refused, DnsStatus::timeout,
                                DnsStatus::cname_loop};
  const std::string word = text_of(value, "status");
  for (const DnsStatus status : statuses) {
    if (to_string(status) == word) {
      return status;
    }
  }
  throw BadVector("status: unknown word " + word);
}

TxtAnswer answer_of(const Json& input) {
  expect_keys(input, {"status", "records"});
  TxtAnswer answer;
  answer.status = status_of(member(input, "status"));
  for (const Json& record : list_of(member(input, "records"), "records")) {
    answer.records.push_back(byte_lists_of(record, "records"));
  }
  return answer;
}

void check_result(const Json& expect) {
  static_cast<void>(word_of(member(expect, "result"), "result", {"ok", "none", "error", "temp"}));
}

}  // namespace

Outcome run_txt(const Json& input, const Json& expect) {
  expect_keys(expect, {"result", "id", "error"});
  check_result(expect);
  if (expect.contains("error")) {
    static_cast<void>(word_of(expect["error"], "error", {"missing-id", "bad-id", "bad-syntax"}));
  }
  const TxtRecord record = parse_txt_answer(answer_of(input));
  Json came{{"result", to_string(record.outcome)}};
  if (record.outcome == TxtOutcome::ok) {
    came["id"] = record.id;
  } else if (record.outcome == TxtOutcome::error) {
    came["error"] = to_string(record.error);
  }
  return compare_given(expect, std::move(came));
}

Outcome run_tlsrpt_record(const Json& input, const Json& expect) {
  expect_keys(expect, {"result", "rua", "ignored", "error"});
  check_result(expect);
  if (expect.contains("error")) {
    static_cast<void>(
        word_of(expect["error"], "error", {"missing-rua", "bad-rua", "no-usable-rua", "bad-syntax"}));
  }
  const TlsRptRecord record = parse_tlsrpt_answer(answer_of(input));
  Json came{{"result", to_string(record.outcome)}};
  if (record.outcome == TxtOutcome::ok) {
    came["rua"] = record.rua;
    came["ignored"] = record.ignored;
  } else if (record.outcome == TxtOutcome::error) {
    came["error"] = to_string(record.error);
  }
  return compare_given(expect, std::move(came));
}

}  // namespace mta_sts::vectors
