// What people and programs read of a diagnosis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "check/diagnosis.hpp"
#include "recordings.hpp"

namespace mta_sts::check {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string plain(TextRole, std::string_view text) {
  return std::string(text);
}

Diagnosis diagnosis_of(const json& patch) {
  const Facts facts = facts_of(healthy_recording().patch(patch));
  return diagnose(facts, facts.domain);
}

std::string text_of(const json& patch, bool all = false) {
  return render_text(diagnosis_of(patch), all, plain);
}

constexpr long screen_lines = 24;

TEST(RenderText, FitsAHealthyDomainOnOneScreen) {
  const std::string text = text_of(json::array());
  EXPECT_LE(std::ranges::count(text, '\n'), screen_lines) << text;
  EXPECT_THAT(text, HasSubstr("example.com: mode enforce, max_age 14 days, id 20260101T"));
  EXPECT_THAT(text, HasSubstr("A sender with MTA-STS delivers over verified TLS."));
  EXPECT_THAT(text, HasSubstr("0 errors, 0 warnings"));
}

TEST(RenderText, GivesTheVerdictFirstThenEachFaultWithItsFix) {
  const std::string text =
      text_of(json::parse(R"([{"op": "replace", "path": "/dns/mx/0/name", "value": "mx9.example.com"}])"));
  EXPECT_LT(text.find("A sender"), text.find("error C52"));
  EXPECT_THAT(text, HasSubstr("error C52 Every MX host is in the policy"));
  EXPECT_THAT(text, HasSubstr("mx9.example.com is in no mx line"));
  EXPECT_THAT(text, HasSubstr("line  mx: mx9.example.com"));
}

TEST(RenderText, GivesEachLineToCopyAlone) {
  const auto diagnosis = diagnosis_of(json::parse(R"([
    {"op": "replace", "path": "/https/by_address/0/body",
     "value": "version: STSv1\nmode: enforce\nmx: *.icloud.com\nmax_age: 1209600\n"},
    {"op": "replace", "path": "/dns/mx/0/name", "value": "mx01.mail.icloud.com"},
    {"op": "replace", "path": "/dns/mx/1/name", "value": "mx02.mail.icloud.com"}])"));
  const std::string text = render_text(diagnosis, false, plain);
  EXPECT_THAT(
      text,
      HasSubstr(
          "and change the id.\n    line  mx: mx01.mail.icloud.com\n    line  mx: mx02.mail.icloud.com\n"));
  EXPECT_THAT(render_json(diagnosis),
              HasSubstr(R"("line":"mx: mx01.mail.icloud.com\nmx: mx02.mail.icloud.com")"));
}

TEST(RenderText, ShowsEveryCheckWhenAsked) {
  const std::string text = text_of(json::array(), true);
  for (const Check* check : catalogue()) {
    EXPECT_THAT(text, HasSubstr(" " + id_of(check->number) + " "));
  }
}

TEST(RenderText, LetsNoForeignByteReachTheTerminal) {
  json patch = json::parse(
      R"([{"op": "replace", "path": "/dns/sts/answer/records", "value": [["v=STSv1; id=1; \u001b[2J"]]}])");
  const std::string text = text_of(patch, true);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("\\x1b[2J"));
}

TEST(RenderJson, IsOneObjectWithEveryCheck) {
  const json document = json::parse(render_json(diagnosis_of(json::array())));
  EXPECT_EQ(document["domain"], "example.com");
  EXPECT_EQ(document["mode"], "enforce");
  EXPECT_EQ(document["verdict"]["delivers"], true);
  EXPECT_EQ(document["counts"]["errors"], 0);
  EXPECT_GE(document["checks"].size(), 72U);
}

TEST(RenderJson, StaysTextWhateverAStrangerSent) {
  Facts facts = facts_of(healthy_recording());
  facts.dns.sts.answer.records = {{std::string("v=STSv1; id=\xFF\x00", 14)}};
  EXPECT_TRUE(json::accept(render_json(diagnose(facts, "x"))));
}

TEST(RenderExplanation, TellsHowAndWhy) {
  const auto all = catalogue();
  const std::string text = render_explanation(*all[25], plain);
  EXPECT_THAT(text, HasSubstr("C26 No filter by User-Agent"));
  EXPECT_THAT(text, HasSubstr("fix"));
}

}  // namespace
}  // namespace mta_sts::check
