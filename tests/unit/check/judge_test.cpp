// Every check of the catalogue against recordings: the healthy domain of tests/vectors/check, and what each
// case changes in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "check/checks.hpp"
#include "check/diagnosis.hpp"
#include "check/facts_json.hpp"
#include "check/wording.hpp"
#include "recordings.hpp"

namespace mta_sts::check {
namespace {

using Json = nlohmann::json;

std::vector<CheckFinding> judge_one(const Facts& facts, int number) {
  for (const Judgement& judgement : judge(facts)) {
    if (judgement.check->number == number) {
      return judgement.findings;
    }
  }
  return {};
}

bool has(const std::vector<CheckFinding>& findings, const Json& wanted) {
  const auto is_banned = [&](const CheckFinding& finding) {
    return wanted.contains("never") && to_string(finding.outcome) == wanted["never"].get<std::string>();
  };
  return std::ranges::none_of(findings, is_banned) &&
         std::ranges::any_of(findings, [&](const CheckFinding& finding) {
           return to_string(finding.outcome) == wanted["outcome"].get<std::string>() &&
                  (!wanted.contains("severity") ||
                   to_string(finding.severity) == wanted["severity"].get<std::string>());
         });
}

std::string describe(const std::vector<CheckFinding>& findings) {
  std::string text;
  for (const CheckFinding& finding : findings) {
    text += std::string(to_string(finding.outcome)) + " " + std::string(to_string(finding.severity)) + " " +
            finding.subject + " " + finding.evidence + " because of " + std::to_string(finding.because_of) +
            "\n";
  }
  return text;
}

TEST(Catalogue, ListsSeventyFourChecksInOrder) {
  int expected = 1;
  for (const Check* check : catalogue()) {
    EXPECT_EQ(check->number, expected++);
    EXPECT_FALSE(check->title.empty() || check->how.empty() || check->cause.empty() || check->fix.empty() ||
                 check->explanation.empty())
        << check->number;
  }
  EXPECT_EQ(expected, 75);
}

TEST(Judge, FindsNoFaultInTheHealthyDomain) {
  for (const Judgement& judgement : judge(facts_of(healthy_recording()))) {
    ASSERT_FALSE(judgement.findings.empty()) << judgement.check->number;
    for (const CheckFinding& finding : judgement.findings) {
      const bool is_fault = finding.outcome == Outcome::found && finding.severity != Severity::note;
      const bool is_open = finding.outcome == Outcome::skipped || finding.outcome == Outcome::not_testable;
      EXPECT_FALSE(is_fault || is_open)
          << "C" << judgement.check->number << ": " << describe(judgement.findings);
    }
  }
}

TEST(Judge, GivesWhatEachRecordedCaseExpects) {
  const Json healthy = healthy_recording();
  for (const Json& one : recorded_cases()) {
    const auto findings = judge_one(facts_of(healthy.patch(one["patch"])), one["check"].get<int>());
    EXPECT_TRUE(has(findings, one)) << one["check"] << " " << one["why"] << ": " << one["outcome"]
                                    << ", came\n"
                                    << describe(findings);
  }
}

TEST(Judge, HasACaseThatTriggersEachCheckAndOneThatDoesNot) {
  std::set<int> triggered;
  std::set<int> quiet;
  for (const Json& one : recorded_cases()) {
    (one["outcome"] == "found" ? triggered : quiet).insert(one["check"].get<int>());
  }
  for (const Judgement& judgement : judge(facts_of(healthy_recording()))) {
    if (std::ranges::none_of(judgement.findings,
                             [](const CheckFinding& f) { return f.outcome == Outcome::found; })) {
      quiet.insert(judgement.check->number);
    }
  }
  const std::set<int> informs{22, 61, 62, 71};  // they show something, and find nothing
  for (int number = 1; number <= 74; ++number) {
    EXPECT_NE(triggered.contains(number), informs.contains(number)) << number;
    EXPECT_TRUE(quiet.contains(number)) << number;
  }
}

// Does what the line of a finding says: publishes the record, or writes the line into the policy.
void follow(Facts& facts, const CheckFinding& finding) {
  const std::string& line = finding.line;
  const auto quote = line.find('"');
  if (quote != std::string::npos) {
    TxtAnswer& answer = line.starts_with("_smtp._tls.") ? facts.dns.tlsrpt.answer : facts.dns.sts.answer;
    answer.status = DnsStatus::no_error;
    answer.records = {{line.substr(quote + 1, line.rfind('"') - quote - 1)}};
    if (!facts.history.empty()) {
      facts.history.back().id = parse_txt_answer(facts.dns.sts.answer).id;
    }
    return;
  }
  const std::string field = line.substr(0, line.find(':') + 1);
  for (HttpsFact& fact : facts.https.by_address) {
    const auto wrong = fact.body.find(finding.subject + "\r\n");
    const bool goes =
        finding.fix.starts_with("Put in the place") || finding.fix.starts_with("Delete this line");
    if (goes && wrong != std::string::npos) {
      fact.body.erase(wrong, finding.subject.size() + 2);
    }
    if (line.empty()) {
      continue;
    }
    const auto at = field == "mx:" ? std::string::npos : fact.body.find(field);
    fact.body.replace(at == std::string::npos ? 0 : at,
                      at == std::string::npos ? 0 : fact.body.find('\n', at) + 1 - at, line + "\r\n");
  }
}

TEST(Judge, FindsNothingMoreWhereItsLineWasFollowed) {
  std::set<int> followed;
  for (const Json& one : recorded_cases()) {
    const int number = one["check"].get<int>();
    Facts facts = facts_of(healthy_recording().patch(one["patch"]));
    bool has_line = false;
    for (const CheckFinding& finding : judge_one(facts, number)) {
      if (!finding.line.empty() || finding.fix.starts_with("Delete this line")) {
        follow(facts, finding);
        has_line = true;
      }
    }
    if (has_line) {
      followed.insert(number);
      const auto left = judge_one(facts, number);
      EXPECT_TRUE(
          std::ranges::none_of(left, [](const CheckFinding& f) { return f.outcome == Outcome::found; }))
          << number << " " << one["why"] << ", still\n"
          << describe(left);
    }
  }
  EXPECT_THAT(followed, testing::IsSupersetOf({1, 3, 4, 5, 12, 33, 34, 35, 52, 55, 63, 74}));
}

TEST(Judge, GivesEachCaseItsOwnCauseAndFix) {
  const auto all = catalogue();
  std::map<int, std::map<std::pair<std::string, std::string>, std::string>> words;
  for (const Json& one : recorded_cases()) {
    const int number = one["check"].get<int>();
    if (one["outcome"] != "found" || !std::set{41, 49, 67}.contains(number)) {
      continue;
    }
    const Check& check = *all.at(static_cast<std::size_t>(number - 1));
    for (const CheckFinding& finding : judge_one(facts_of(healthy_recording().patch(one["patch"])), number)) {
      if (finding.outcome == Outcome::found) {
        const auto [known, is_new] =
            words[number].try_emplace({cause_of(check, finding), fix_of(check, finding)}, one["why"]);
        EXPECT_TRUE(is_new) << id_of(number) << ": \"" << known->second << "\" and " << one["why"]
                            << " have one cause and fix";
      }
    }
  }
  EXPECT_EQ(words[41].size(), 5U);
  EXPECT_EQ(words[49].size(), 6U);
  EXPECT_EQ(words[67].size(), 2U);
}

TEST(Judge, TellsAFailedHandshakeFromAnAnswerThatIsMissing) {
  const auto cause = [](const Json& tls) {
    Json recording = healthy_recording();
    Json& fact = recording["https"]["by_address"][0];
    fact["status"] = 0;
    fact["error"] = "Server returned nothing (no headers, no data)";
    fact["tls"] = tls;
    const auto findings = judge_one(facts_of(recording), 24);
    return findings.empty() ? "" : findings.front().cause + " " + findings.front().fix;
  };
  const auto is_http = testing::AllOf(testing::StartsWith("The TLS handshake succeeds"),
                                      testing::HasSubstr("TLS is in order there, HTTP is not"));
  EXPECT_THAT(cause({{"established", true}, {"version", "TLSv1.3"}}), is_http);
  EXPECT_THAT(cause({{"established", false}, {"version", "TLSv1.3"}}), is_http);  // earlier recordings
  EXPECT_THAT(cause({{"established", false}, {"error", "SSL connect error"}}),
              testing::StartsWith("The TLS handshake fails. Repair the TLS set-up"));
}

TEST(Judge, EndsOnEmptyFacts) {
  for (const Judgement& judgement : judge(Facts{})) {
    EXPECT_FALSE(judgement.findings.empty()) << judgement.check->number;
  }
}

TEST(FactsJson, GivesBackWhatItWrote) {
  const Facts facts = facts_of(healthy_recording());
  const std::string written = render_facts(facts);
  const auto read_back = parse_facts(written);
  ASSERT_TRUE(read_back) << read_back.error().detail;
  EXPECT_EQ(render_facts(*read_back), written);
  EXPECT_EQ(Json::parse(written)["dns"], healthy_recording()["dns"]);
}

TEST(FactsJson, PassesOverWhatEarlierRecordingsHave) {
  ASSERT_TRUE(healthy_recording()["https"]["by_address"][0]["tls"].contains("alpn"));
  const Json written = Json::parse(render_facts(facts_of(healthy_recording())));
  EXPECT_FALSE(written["https"]["by_address"][0]["tls"].contains("alpn"));
}

TEST(FactsJson, KeepsBytesThatAreNoText) {
  Facts facts;
  facts.smtp.emplace_back().banner = std::string("\xFF\x00\x1b", 3);
  const auto read_back = parse_facts(render_facts(facts));
  ASSERT_TRUE(read_back) << read_back.error().detail;
  EXPECT_EQ(read_back->smtp.front().banner, facts.smtp.front().banner);
}

TEST(FactsJson, RefusesWhatIsNoRecording) {
  const auto bad = [](std::string_view json, std::string_view word) {
    const auto facts = parse_facts(json);
    ASSERT_FALSE(facts) << json;
    EXPECT_THAT(facts.error().detail, testing::HasSubstr(std::string(word)));
  };
  bad("", "parse error");
  bad("[]", "expected an object");
  bad(R"({"domain": 1})", "/domain: expected a text");
  bad(R"({"domain": {"hex": "zz"}})", "lower-case hex");
  bad(R"({"unknown": 1})", "unknown member");
  bad(R"({"dns": {"mx_status": "YES"}})", "/dns/mx_status: unknown word");
  bad(R"({"dns": {"mx": [{"preference": 70000}]}})", "/dns/mx/0/preference: expected a whole number");
  bad(R"({"conditions": {"now": 99999999999999999}})", "out of range");
  bad(std::string(100, '['), "nested too deeply");
}

}  // namespace
}  // namespace mta_sts::check
