#include "policy/txt_record.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "policy/tag_record.hpp"

namespace mta_sts {
namespace {

constexpr std::size_t id_limit_bytes = 32;

constexpr auto status_names = enum_names<DnsStatus>({
    {DnsStatus::no_error, "NOERROR"},
    {DnsStatus::no_data, "NODATA"},
    {DnsStatus::nx_domain, "NXDOMAIN"},
    {DnsStatus::serv_fail, "SERVFAIL"},
    {DnsStatus::refused, "REFUSED"},
    {DnsStatus::timeout, "TIMEOUT"},
    {DnsStatus::cname_loop, "CNAMELOOP"},
});

TxtRecord fail(TxtRecord record, TxtErrorCode code, std::string detail) {
  record.outcome = TxtOutcome::error;
  record.error = code;
  record.detail = std::move(detail);
  return record;
}

}  // namespace

std::string_view to_string(DnsStatus status) {
  return status_names[status];
}

std::optional<DnsStatus> parse_dns_status(std::string_view word) {
  return status_names.parse(word);
}

std::string_view to_string(TxtErrorCode code) {
  using enum TxtErrorCode;
  static constexpr auto words = enum_names<TxtErrorCode>({
      {bad_syntax, "bad-syntax"},
      {missing_id, "missing-id"},
      {bad_id, "bad-id"},
      {missing_rua, "missing-rua"},
      {bad_rua, "bad-rua"},
      {no_usable_rua, "no-usable-rua"},
  });
  return words[code];
}

std::string_view to_string(TxtOutcome outcome) {
  using enum TxtOutcome;
  static constexpr auto words = enum_names<TxtOutcome>({
      {ok, "ok"},
      {none, "none"},
      {error, "error"},
      {temp, "temp"},
  });
  return words[outcome];
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
