// The area verdict: which MX hosts a delivery may use, and how it ends.
#include <map>

#include "vectors/delivery_walk.hpp"
#include "vectors/reader.hpp"

namespace mta_sts::vectors {
namespace {

template <typename Value>
Value value_of(const Json& json, std::string_view what, const std::map<std::string, Value>& words) {
  const auto found = words.find(text_of(json, what));
  if (found == words.end()) {
    throw BadVector(std::string(what) + ": unknown word " + json.get<std::string>());
  }
  return found->second;
}

MxFacts mx_of(const Json& json) {
  expect_keys(json, {"host", "starttls", "tls", "smtp", "dane"});
  return {.host = text_of(member(json, "host"), "host"),
          .starttls = bool_of(member(json, "starttls"), "starttls"),
          .tls = value_of<MxTls>(member(json, "tls"), "tls",
                                 {{"ok", MxTls::ok},
                                  {"expired", MxTls::expired},
                                  {"untrusted", MxTls::untrusted},
                                  {"host-mismatch", MxTls::host_mismatch},
                                  {"name-of-other-mx", MxTls::host_mismatch},
                                  {"name-of-recipient-domain", MxTls::host_mismatch},
                                  {"handshake-failure", MxTls::handshake_failure}}),
          .reply = value_of<MxReply>(member(json, "smtp"), "smtp",
                                     {{"250", MxReply::accepted},
                                      {"450", MxReply::temporary},
                                      {"550", MxReply::permanent},
                                      {"unreachable", MxReply::unreachable}}),
          .dane = value_of<MxDane>(member(json, "dane"), "dane",
                                   {{"none", MxDane::none},
                                    {"ok", MxDane::ok},
                                    {"fail", MxDane::fail},
                                    {"unusable", MxDane::unusable},
                                    {"lookup-error", MxDane::lookup_error}})};
}

bool flag_of(const Json& input, const char* key, bool otherwise) {
  return input.contains(key) ? bool_of(input[key], key) : otherwise;
}

DeliveryFacts facts_of(const Json& input) {
  expect_keys(input,
              {"mode", "patterns", "mxs", "dane_governs", "mx_secure", "queue_expired", "txt_recheck"});
  DeliveryFacts facts;
  facts.mode = value_of<std::optional<Mode>>(member(input, "mode"), "mode",
                                             {{"enforce", Mode::enforce},
                                              {"testing", Mode::testing},
                                              {"none", Mode::none},
                                              {"absent", Mode::none},
                                              {"temp", std::nullopt}});
  facts.patterns = texts_of(member(input, "patterns"), "patterns");
  for (const Json& mx : list_of(member(input, "mxs"), "mxs")) {
    facts.mxs.push_back(mx_of(mx));
  }
  const bool dane_governs = flag_of(input, "dane_governs", true);
  facts.dane_stands_in = flag_of(input, "mx_secure", true) && dane_governs;
  facts.queue_expired = flag_of(input, "queue_expired", false);
  if (input.contains("txt_recheck")) {
    facts.txt_recheck = value_of<TxtRecheck>(input["txt_recheck"], "txt_recheck",
                                             {{"same", TxtRecheck::same},
                                              {"new", TxtRecheck::new_id},
                                              {"none", TxtRecheck::none},
                                              {"temp", TxtRecheck::temp}});
  }
  return facts;
}

Json failures_json(const MxStep& step) {
  Json failures = Json::array();
  for (const ReportedFailure& failure : step.failures) {
    failures.push_back({{"policy-type", failure.policy_type},
                        {"result-type", failure.result_type},
                        {"reason", failure.reason}});
  }
  return failures;
}

// A failure's members are compared where the line gives them.
bool match_failures(const Json& expected, const Json& came) {
  if (expected.size() != came.size()) {
    return false;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expect_keys(expected[i], {"policy-type", "result-type", "reason"});
    if (!compare_given(expected[i], came[i]).is_as_expected) {
      return false;
    }
  }
  return true;
}

bool match_step(const Json& expected, const Json& came) {
  expect_keys(expected, {"host", "action", "tlsrpt"});
  return came["host"] == Json(text_of(member(expected, "host"), "host")) &&
         came["action"] == Json(text_of(member(expected, "action"), "action")) &&
         match_failures(list_of(member(expected, "tlsrpt"), "tlsrpt"), came["tlsrpt"]);
}

}  // namespace

Outcome run_verdict(const Json& input, const Json& expect) {
  expect_keys(expect, {"steps", "final"});
  const Json& expected = list_of(member(expect, "steps"), "steps");
  const std::string end =
      word_of(member(expect, "final"), "final", {"delivered", "defer", "bounce", "retry"});
  const DeliveryWalk came = walk(facts_of(input));
  Json steps = Json::array();
  for (const MxStep& step : came.steps) {
    steps.push_back({{"host", step.host}, {"action", step.action}, {"tlsrpt", failures_json(step)}});
  }
  bool same = came.end == end && steps.size() == expected.size();
  for (std::size_t i = 0; same && i < steps.size(); ++i) {
    same = match_step(expected[i], steps[i]);
  }
  return {.is_as_expected = same, .came = Json{{"steps", steps}, {"final", came.end}}};
}

}  // namespace mta_sts::vectors
