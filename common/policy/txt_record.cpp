#include "policy/txt_record.hpp"

#include <algorithm>
#include <utility>

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
  TagRecord read = read_tag_record(answer, {.version = "v=STSv1",
                                            .defined = "id",
                                            .if_missing = TxtErrorCode::missing_id,
                                            .example = "v=STSv1; id=...;"});
  TxtRecord record{.outcome = read.outcome,
                   .id = {},
                   .error = read.error,
                   .detail = std::move(read.detail),
                   .candidates = read.candidates};
  if (record.outcome != TxtOutcome::ok) {
    return record;
  }
  if (!is_policy_id(read.value)) {
    record.outcome = TxtOutcome::error;
    record.error = TxtErrorCode::bad_id;
    record.detail = "The id " + text::quote_for_display(read.value) +
                    " is not 1 to 32 letters and digits: write such an id.";
    return record;
  }
  record.id = std::move(read.value);
  return record;
}

}  // namespace mta_sts
