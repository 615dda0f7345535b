// What is wrong with a policy file as a whole: one finding that comes first and leaves out what it explains.
#include "publish/policy_causes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "publish/policy_lint.hpp"

namespace mta_sts::publish {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words_of(std::string_view policy) {
  std::vector<std::string> words;
  for (const PolicyFinding& finding : lint_policy(policy)) {
    words.push_back(finding.word);
  }
  return words;
}

// The lines of the first finding's mend.
std::string mended(std::string_view policy) {
  const auto findings = lint_policy(policy);
  return findings.empty() || !findings.front().mend
             ? "none"
             : std::to_string(findings.front().mend->line) + "+" +
                   std::to_string(findings.front().mend->count) + "\n" + findings.front().mend->text;
}

const std::string good = "version: STSv1\nmode: testing\nmx: a.b\nmax_age: 86400\n";

TEST(PolicyCauses, NameAForeignFormatAlone) {
  EXPECT_THAT(words_of("{\\rtf1\\ansi\n\\f0\\fs24 version: STSv1\\\nmode: enforce\\\n}"), ElementsAre("rtf"));
  EXPECT_THAT(words_of("<!DOCTYPE html>\n<html><body>404</body></html>\n"), ElementsAre("html"));
  EXPECT_THAT(words_of("<pre>\n" + good + "</pre>\n"), ElementsAre("html"));
  EXPECT_THAT(words_of("version: STSv1<br>\nmode: testing<br>\nmx: a.b<br>\nmax_age: 86400<br>\n"),
              ElementsAre("html"));
  EXPECT_THAT(words_of("{\"version\": \"STSv1\", \"mode\": \"enforce\"}"), ElementsAre("json"));
  EXPECT_THAT(words_of("[\n  {\"mode\": \"none\"}\n]\n"), ElementsAre("json"));
  EXPECT_THAT(words_of(std::string("\xFF\xFEv\0e\0r\0", 8)), ElementsAre("utf-16"));
  EXPECT_THAT(words_of(std::string("v\0e\0r\0s\0i\0o\0n\0:\0", 16)), ElementsAre("utf-16"));
}

TEST(PolicyCauses, TellTheRecordFromThePolicy) {
  EXPECT_THAT(words_of("_mta-sts.example.com. TXT \"v=STSv1; id=20250802\"\n"), ElementsAre("txt-record"));
  EXPECT_THAT(words_of("v=STSv1; id=20250802;"), ElementsAre("txt-record"));
  EXPECT_THAT(words_of("v=TLSRPTv1; rua=mailto:a@b.example"), ElementsAre("txt-record"));
}

TEST(PolicyCauses, TellAPolicyFromOtherText) {
  EXPECT_THAT(words_of("There is no policy.\n\nAsk us.\n"), ElementsAre("no-policy"));
  EXPECT_THAT(words_of("name: deploy\non:\n  push:\n    branches: [main]\njobs:\n  build:\n    runs-on: x\n"),
              ElementsAre("no-policy"));
  EXPECT_THAT(words_of("version: 2.1\njobs:\n"), ElementsAre("no-policy"));
  EXPECT_THAT(words_of("on: [push]\njobs:\n  build:\n    steps:\n    - with:\n        mode: production\n"),
              ElementsAre("no-policy"));
  EXPECT_THAT(
      words_of("on: [push]\njobs:\n  build:\n    - run: |\n        cat <<EOT\n        version: STSv1\n"
               "        mode: none\n        max_age: 86400\n        EOT\n"),
      ElementsAre("no-policy"));
  EXPECT_THAT(words_of("version: STSv1\nmode: none\nmax_age: 86400\na: 1\nb: 2\nc: 3\nd: 4\n"),
              ElementsAre("field-unknown", "field-unknown", "field-unknown", "field-unknown"));
  EXPECT_THAT(words_of("# nothing\n"), ElementsAre("no-policy"));
  EXPECT_THAT(words_of(" \n\n"), ElementsAre("empty"));
  EXPECT_THAT(words_of(""), ElementsAre("empty"));
}

TEST(PolicyCauses, LookBehindFrontMatter) {
  EXPECT_THAT(words_of("---\nlayout: none\n\n# x\n---\n" + good), ElementsAre("front-matter"));
  EXPECT_THAT(words_of("+++\ntitle = 1\n+++\n" + good), ElementsAre("front-matter"));
  EXPECT_THAT(words_of("---\nlayout: none\n---\nversion: STSv1\nmode: live\nmx: a.b\nmax_age: 86400\n"),
              ElementsAre("front-matter", "bad-mode"));
  EXPECT_THAT(words_of("---\nlayout: none\n---\n"), ElementsAre("front-matter"));
  EXPECT_THAT(words_of("\xEF\xBB\xBF--- \nlayout: none\n---\n" + good), ElementsAre("front-matter"));
  EXPECT_EQ(
      lint_policy("---\na: b\n---\nversion: STSv1\nmode: live\nmx: a.b\nmax_age: 86400\n")[1].where.line, 5U);
}

TEST(PolicyCauses, TakeRemarksAway) {
  EXPECT_THAT(words_of("# policy\n" + good + "// end\n"), ElementsAre("remarks"));
  EXPECT_EQ(mended("version: STSv1\nmode: testing # 1. which\nmx: *.a.b    # 3. a host\nmax_age: 86400   // "
                   "seconds\n"),
            "2+3\nmode: testing\nmx: *.a.b\nmax_age: 86400");
  EXPECT_EQ(mended("---\n" + good + "---\n"), "1+6\n" + good.substr(0, good.size() - 1));
  EXPECT_THAT(words_of("version: STSv1\nmode: live # x\nmx: a.b\nmax_age: 86400\n"),
              ElementsAre("remarks", "bad-mode"));
  EXPECT_EQ(mended("# only this\n" + good), "1+1\n");
  EXPECT_EQ(mended("\xEF\xBB\xBF# only this\n" + good), "1+1\n");
}

TEST(PolicyCauses, SplitFieldsOnOneLine) {
  const std::string lines = "1+1\nversion: STSv1\nmode: enforce\nmx: a.b\nmx: c.d\nmax_age: 604800";
  EXPECT_EQ(mended("version: STSv1 mode: enforce mx: a.b mx: c.d max_age: 604800"), lines);
  EXPECT_EQ(mended("version: STSv1, mode: Enforced; mx: a.b, c.d, max_age: 1 week\n"), lines);
  EXPECT_EQ(mended("version: STSv1\\nmode: enforce\\nmx: a.b\\nmx: c.d\\nmax_age: 604800\\n"), lines);
  EXPECT_THAT(words_of("version: STSv1 mode: enforce mx: a.b max_age: 604800"), ElementsAre("one-line"));
  EXPECT_EQ(mended("v=STSv1; mode=enforce; mx=a.b; mx=c.d; max_age=604800;"), lines);
  EXPECT_EQ(mended("version: STSv1 mode: enforce\nmx: a.b\nmax_age: 604800\n"),
            "1+1\nversion: STSv1\nmode: enforce");
}

TEST(PolicyCauses, WriteTheItemsOfAListAsLines) {
  EXPECT_EQ(mended("version: STSv1\nmode: testing\nmx:\n  - a.b\n  - *.c.d\nmax_age: 86400"),
            "3+3\nmx: a.b\nmx: *.c.d");
  EXPECT_EQ(mended("version: STSv1\nmode: testing\nmx:\n- a.b\nmax_age: 86400\n"), "3+2\nmx: a.b");
  EXPECT_EQ(mended("version: STSv1\nmode: testing\nmx:\n  a.b\n  c.d\nmax_age: 86400\n"),
            "3+3\nmx: a.b\nmx: c.d");
  EXPECT_EQ(mended("version: STSv1\nmode: testing\nmx: a.b\n  - c.d\nmax_age: 86400\n"), "4+1\nmx: c.d");
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx:\n  - a b!\nmax_age: 86400\n"),
              ElementsAre("bad-syntax", "bad-syntax"));
}

TEST(PolicyCauses, MoveIndentedLinesToTheMargin) {
  EXPECT_THAT(words_of("  version: STSv1\n  mode: testing\n  mx: a.b\n  mx: a.b\n  max_age: 86400\n"),
              ElementsAre("indented"));
  EXPECT_EQ(mended("\tversion: STSv1\n\tmode: Testing\n\tmx: a.b\n\tmax_age: 86400\n"),
            "1+4\n" + good.substr(0, good.size() - 1));
  EXPECT_THAT(words_of("version: STSv1\n  mode: testing\nmx: a.b\nmax_age: 86400\n"),
              ElementsAre("bad-syntax"));
}

TEST(PolicyCauses, SayThatTwoPoliciesStandInOneFile) {
  EXPECT_THAT(words_of(good + "version: STSv1\nmode: enforce\nmx: c.d\nmax_age: 5 days\n"),
              ElementsAre("two-policies"));
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nmx: mail.yourdomain.com\nmax_age: 86400" + good),
              ElementsAre("two-policies", "mx-placeholder"));
  EXPECT_EQ(lint_policy(good + good).front().severity, PolicySeverity::warning);  // senders read the first
}

TEST(PolicyCauses, EndLinesThatACrEnds) {
  EXPECT_EQ(mended("version: STSv1\rmode: testing\rmx: a.b\rmax_age: 86400\r"),
            "1+4\n" + good.substr(0, good.size() - 1));
  EXPECT_THAT(words_of("version: STSv1\r\r\nmode: testing\r\r\nmx: a.b\r\r\nmax_age: 86400\r\r\n"),
              ElementsAre("bad-line-ending"));
}

TEST(PolicyCauses, LeaveAPolicyThatMuchElseStandsIn) {
  EXPECT_THAT(words_of("version: STSv1\nmode: none\nmax_age: 86400\na: 1\nb: 2\nc: 3\nd: 4\n\n"),
              ::testing::Contains("blank-line"));
  EXPECT_THAT(words_of("version: STSv1\nmode: live\n\nThis is\nour policy\nof today.\n"),
              ::testing::Contains("bad-mode"));
}

TEST(PolicyCauses, AreNoneInAGoodPolicy) {
  EXPECT_THAT(find_policy_causes(good + "note: </b> <br> v=STSv1\n").causes, IsEmpty());
  EXPECT_THAT(find_policy_causes(good).causes, IsEmpty());
  EXPECT_THAT(find_policy_causes(good + "note: version, mode and more\nsee: https://a.b/#c\n").causes,
              IsEmpty());
}

TEST(PolicyCauses, EachHasAWordAndASentence) {
  for (int cause = 0; cause <= static_cast<int>(PolicyCause::two_policies); ++cause) {
    EXPECT_FALSE(to_string(static_cast<PolicyCause>(cause)).empty());
  }
}

}  // namespace
}  // namespace mta_sts::publish
