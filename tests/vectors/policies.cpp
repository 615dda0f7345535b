// The areas policy and idgen: what a body means to a sender and to a publisher, and its id.
#include <algorithm>
#include <array>
#include <regex>

#include "base/utf8.hpp"
#include "policy/parse_policy.hpp"
#include "publish/policy_id.hpp"
#include "vectors/reader.hpp"

namespace mta_sts::vectors {
namespace {

constexpr std::size_t last_code = static_cast<std::size_t>(PolicyErrorCode::missing_mx);

void check_kind(const Json& value, std::string_view what) {
  const std::string word = text_of(value, what);
  for (std::size_t code = 0; code <= last_code; ++code) {
    if (to_string(static_cast<PolicyErrorCode>(code)) == word) {
      return;
    }
  }
  throw BadVector(std::string(what) + ": unknown word " + word);
}

void check_answer(const Json& value, std::string_view what) {
  if (value != "ok") {
    check_kind(value, what);
  }
}

std::string repeated(const Json& part) {
  expect_keys(part, {"text", "times"});
  const std::string text = text_of(member(part, "text"), "text");
  const Json& times = member(part, "times");
  constexpr std::size_t bytes_limit = 16U << 20U;
  if (!times.is_number_unsigned() || times.get<std::size_t>() > bytes_limit) {
    throw BadVector("times: a number is expected");
  }
  std::string bytes;
  for (std::size_t i = 0; i < times.get<std::size_t>(); ++i) {
    bytes += text;
  }
  return bytes;
}

std::string body_of(const Json& input) {
  expect_keys(input, {"text", "hex", "parts"});
  if (!input.contains("parts")) {
    return input.contains("hex") ? bytes_of(input, "hex") : text_of(member(input, "text"), "text");
  }
  expect_keys(input, {"parts"});
  std::string body;
  for (const Json& part : list_of(input["parts"], "parts")) {
    body += repeated(part);
  }
  return body;
}

// A long value stands in a line as its first three characters and "...".
std::string cut(std::string_view value) {
  std::size_t end = 0;
  for (int i = 0; i < 3; ++i) {
    const auto character = text::decode_utf8(value.substr(end));
    end += character ? character->length : 0;
  }
  return std::string(value.substr(0, end)) + "...";
}

Json extensions_of(const Policy& policy, const Json& expect) {
  Json list = Json::array();
  for (const PolicyExtension& extension : policy.extensions) {
    const std::size_t at = list.size();
    const bool is_cut = expect.is_array() && at < expect.size() && expect[at].is_array() &&
                        expect[at].size() == 2 && expect[at][1] == cut(extension.value);
    list.push_back({extension.name, is_cut ? cut(extension.value) : extension.value});
  }
  return list;
}

Json fields_of(const Policy& policy, const Json& input, const Json& expect) {
  const Json written = expect.value("fields", Json::object()).value("ext", Json::array());
  return {{"version", "STSv1"},
          {"mode", to_string(policy.mode)},
          {"mx", policy.mx},
          {"max_age", policy.max_age_seconds},
          {"max_age_used", policy.max_age_used().count()},
          {"ext", extensions_of(policy, input.contains("parts") ? written : Json())}};
}

std::string answer_of(const std::expected<Policy, PolicyError>& policy) {
  return std::string(policy ? "ok" : to_string(policy.error().code));
}

void check_expect(const Json& expect) {
  expect_keys(expect, {"sender", "strict", "also", "fields"});
  check_answer(member(expect, "sender"), "sender");
  check_answer(member(expect, "strict"), "strict");
  if (expect.contains("also")) {
    for (const Json& kind : list_of(expect["also"], "also")) {
      check_kind(kind, "also");
    }
  }
  if (expect.contains("fields")) {
    expect_keys(expect["fields"], {"version", "mode", "mx", "max_age", "max_age_used", "ext"});
  }
}

bool is_right(const Json& expect, std::string_view reading, const std::string& came) {
  if (expect[reading] == came) {
    return true;
  }
  const Json also = expect.value("also", Json::array());
  return expect[reading] != "ok" && std::ranges::find(also, Json(came)) != also.end();
}

}  // namespace

Outcome run_policy(const Json& input, const Json& expect) {
  check_expect(expect);
  const std::string body = body_of(input);
  const auto sender = parse_policy(body, Reading::sender);
  const auto strict = parse_policy(body, Reading::strict);
  Json came{{"sender", answer_of(sender)}, {"strict", answer_of(strict)}};
  bool is_as_expected =
      is_right(expect, "sender", came["sender"]) && is_right(expect, "strict", came["strict"]);
  if (sender) {
    came["fields"] = fields_of(*sender, input, expect);
  }
  if (expect.contains("fields")) {
    is_as_expected =
        is_as_expected && sender && compare_given(expect["fields"], came["fields"]).is_as_expected;
  }
  return {.is_as_expected = is_as_expected, .came = std::move(came)};
}

Outcome run_idgen(const Json& input, const Json& expect) {
  expect_keys(input, {"a", "b"});
  expect_keys(expect, {"same_id", "id_matches"});
  const bool same_id = bool_of(member(expect, "same_id"), "same_id");
  const std::regex form(text_of(member(expect, "id_matches"), "id_matches"));
  std::array<std::string, 2> ids;
  bool has_form = true;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto policy = parse_policy(text_of(member(input, i == 0 ? "a" : "b"), "policy"), Reading::sender);
    if (!policy) {
      throw BadVector("a policy of the line is invalid: " + answer_of(policy));
    }
    ids.at(i) = publish::policy_id(*policy);
    has_form = has_form && std::regex_search(ids.at(i), form);
  }
  const bool is_same = ids[0] == ids[1];
  return {.is_as_expected = has_form && is_same == same_id,
          .came = {{"same_id", is_same}, {"ids", {ids[0], ids[1]}}}};
}

}  // namespace mta_sts::vectors
