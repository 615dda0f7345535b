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
  constexpr TagGrammar grammar{.version = "v=TLSRPTv1", .defined = "rua", .is_list = true};
  ChosenRecord chosen = choose_record(answer, grammar.version);
  TlsRptRecord record;
  record.outcome = chosen.outcome;
  record.detail = std::move(chosen.detail);
  record.candidates = chosen.candidates;
  if (record.outcome != TxtOutcome::ok) {
    return record;
  }
  const auto fields = read_fields(chosen.text, grammar);
  if (!fields) {
    return fail(std::move(record), TxtErrorCode::bad_syntax, fields.error().detail);
  }
  const auto rua = first_value(*fields, grammar.defined);
  if (!rua) {
    return fail(std::move(record), TxtErrorCode::missing_rua,
                "The field rua is missing: write v=TLSRPTv1; rua=mailto:reports@example.com;");
  }
  return read_list(std::move(record), *rua);
}

}  // namespace mta_sts
