#include "policy/txt_record.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "policy/tag_record.hpp"

namespace mta_sts {
namespace {

constexpr std::size_t id_limit_bytes = 32;

TxtRecord fail(TxtRecord record, TxtErrorCode code, std::string detail) {
  record.outcome = TxtOutcome::error;
  record.error = code;
  record.detail = std::move(detail);
  return record;
}

}  // namespace

std::string_view to_string(DnsStatus status) {
  switch (status) {
    case DnsStatus::no_error:
      return "NOERROR";
    case DnsStatus::no_data:
      return "NODATA";
    case DnsStatus::nx_domain:
      return "NXDOMAIN";
    case DnsStatus::serv_fail:
      return "SERVFAIL";
    case DnsStatus::refused:
      return "REFUSED";
    case DnsStatus::timeout:
      return "TIMEOUT";
    case DnsStatus::cname_loop:
      return "CNAMELOOP";
  }
  return "SERVFAIL";
}

std::string_view to_string(TxtErrorCode code) {
  switch (code) {
    case TxtErrorCode::bad_syntax:
      return "bad-syntax";
    case TxtErrorCode::missing_id:
      return "missing-id";
    case TxtErrorCode::bad_id:
      return "bad-id";
    case TxtErrorCode::missing_rua:
      return "missing-rua";
    case TxtErrorCode::bad_rua:
      return "bad-rua";
    case TxtErrorCode::no_usable_rua:
      return "no-usable-rua";
  }
  return "bad-syntax";
}

std::string_view to_string(TxtOutcome outcome) {
  switch (outcome) {
    case TxtOutcome::ok:
      return "ok";
    case TxtOutcome::none:
      return "none";
    case TxtOutcome::error:
      return "error";
    case TxtOutcome::temp:
      return "temp";
  }
  return "temp";
}

bool is_policy_id(std::string_view id) {
  return !id.empty() && id.size() <= id_limit_bytes && std::ranges::all_of(id, ascii::is_alnum);
}

TxtRecord parse_txt_answer(const TxtAnswer& answer) {
  constexpr TagGrammar grammar{.version = "v=STSv1", .defined = "id"};
  ChosenRecord chosen = choose_record(answer, grammar.version);
  TxtRecord record;
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
  const auto id = first_value(*fields, grammar.defined);
  if (!id) {
    return fail(std::move(record), TxtErrorCode::missing_id,
                "The field id is missing: write v=STSv1; id=...;");
  }
  if (!is_policy_id(*id)) {
    return fail(
        std::move(record), TxtErrorCode::bad_id,
        "The id " + text::quote_for_display(*id) + " is not 1 to 32 letters and digits: write such an id.");
  }
  record.id = *id;
  return record;
}

}  // namespace mta_sts
