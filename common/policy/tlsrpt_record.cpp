#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/utf8.hpp"
#include "policy/report_uri.hpp"
#include "policy/tag_record.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts {
namespace {

TlsRptRecord fail(TlsRptRecord record, TxtErrorCode code, std::string detail) {
  record.outcome = TxtOutcome::error;
  record.rua.clear();
  record.ignored.clear();
  record.error = code;
  record.detail = std::move(detail);
  return record;
}

TlsRptRecord read_list(TlsRptRecord record, std::string_view list) {
  text::Cursor cursor(list);
  do {
    const std::string_view uri = ascii::trim_blanks(cursor.take_while([](char c) { return c != ','; }));
    switch (classify_report_uri(uri)) {
      case ReportUri::usable:
        record.rua.emplace_back(uri);
        break;
      case ReportUri::other:
        record.ignored.emplace_back(uri);
        break;
      case ReportUri::malformed:  // P28: one is enough
        return fail(std::move(record), TxtErrorCode::bad_rua,
                    text::quote_for_display(uri) +
                        " is no place to report to: write mailto: and an address or an https:// URI, "
                        "joined by \",\", with \"!\", \",\" and \";\" percent-encoded.");
    }
  } while (cursor.take(','));
  if (record.rua.empty()) {
    return fail(std::move(record), TxtErrorCode::no_usable_rua,
                "No rua has a scheme that senders know: write a mailto: or an https: URI.");
  }
  return record;
}

}  // namespace

TlsRptRecord parse_tlsrpt_answer(const TxtAnswer& answer) {
  TagRecord read = read_tag_record(answer, {.version = "v=TLSRPTv1",
                                            .defined = "rua",
                                            .is_list = true,
                                            .if_missing = TxtErrorCode::missing_rua,
                                            .example = "v=TLSRPTv1; rua=mailto:reports@example.com;"});
  TlsRptRecord record{.outcome = read.outcome,
                      .rua = {},
                      .ignored = {},
                      .error = read.error,
                      .detail = std::move(read.detail),
                      .candidates = read.candidates};
  return record.outcome == TxtOutcome::ok ? read_list(std::move(record), read.value) : record;
}

}  // namespace mta_sts
