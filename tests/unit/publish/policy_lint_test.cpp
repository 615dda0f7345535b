#include "publish/policy_lint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(PolicyLint, FindsNothingInAGoodPolicy) {
  EXPECT_THAT(words_of("version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 604800\r\n"), IsEmpty());
}

TEST(PolicyLint, GivesEveryErrorWithLineColumnAndMend) {
  const auto findings = lint_policy("version: STSv1\nmode: Enforce\nmx: a.example.\nmax_age: 7d\n");
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].word, "bad-mode");
  EXPECT_EQ(findings[0].where, (text::Position{2, 7}));
  EXPECT_EQ(findings[0].line, "mode: Enforce");
  EXPECT_EQ(findings[0].fixed, "mode: enforce");
  EXPECT_EQ(findings[1].fixed, "mx: a.example");
  EXPECT_EQ(findings[2].fixed, "max_age: 604800");
}

TEST(PolicyLint, SaysNothingOfWarningsWhereAPolicyHasErrors) {
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nmx: *.com\nmax_age: x\n"), ElementsAre("bad-max-age"));
}

TEST(PolicyLint, TellsAMendOfAnEmptyLineFromNoMend) {
  const auto blank = lint_policy("version: STSv1\nmode: none\nmax_age: 1\n\n");
  ASSERT_EQ(blank.size(), 1U);
  EXPECT_EQ(blank[0].fixed, "");
  const auto unknown = lint_policy("version: STSv1\nmode: testing\nmx: a b c!\nmax_age: 1\n");
  ASSERT_EQ(unknown.size(), 1U);
  EXPECT_EQ(unknown[0].fixed, std::nullopt);
}

// R25
TEST(PolicyLint, MendsNamesInULabels) {
  const auto findings = lint_policy(
      "version: STSv1\nmode: testing\nmx: *.b\xC3\xBC"
      "cher.example\nmax_age: 1\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].fixed, "mx: *.xn--bcher-kva.example");
}

// R40: enforce wants weeks.
TEST(PolicyLint, WarnsOfAShortMaxAgeWithEnforceAlone) {
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 604799\n"),
              ElementsAre("max-age-short"));
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 604800\n"), IsEmpty());
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: a.b\nmax_age: 60\n"), IsEmpty());
  EXPECT_THAT(words_of("version: STSv1\nmode: none\nmax_age: 0\n"), IsEmpty());
}

TEST(PolicyLint, WarnsOfALongMaxAgeWhileTesting) {
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: a.b\nmax_age: 604801\n"),
              ElementsAre("max-age-long"));
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: a.b\nmax_age: 604800\n"), IsEmpty());
}

TEST(PolicyLint, WarnsOfWideAndRepeatedPatterns) {  // R41
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: *.com\nmx: A.b\nmx: a.B\nmax_age: 60\n"),
              ElementsAre("wildcard-wide", "mx-repeated"));
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: *.acme.net\nmax_age: 60\n"), IsEmpty());
}

TEST(PolicyLint, WarnsOfRepeatedAndMisspeltFields) {
  const std::string policy =
      "version: STSv1\nmode: testing\nmode: enforce\nmx: a.b\nMax_Age: 7d\nmax_age: 60\nnote: x\n";
  const auto findings = lint_policy(policy);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].word, "field-repeated");
  EXPECT_EQ(findings[0].where.line, 3U);
  EXPECT_EQ(findings[1].word, "field-misspelt");
  EXPECT_EQ(findings[1].fixed, "max_age: 604800");
}

TEST(PolicyLint, NotesWhatDoesNotFitTheMailProvider) {
  const std::string policy =
      "version: STSv1\nmode: enforce\nmx: smtp.gmail.com\nmx: *.com\nmx: smtp.google.com\n"
      "mx: \taspmx.l.google.com\nmax_age: 604800\n";
  const auto findings = lint_policy(policy);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].severity, PolicySeverity::note);
  EXPECT_EQ(findings[0].word, "mx-sends-only");
  EXPECT_EQ(findings[0].where, (text::Position{3, 5}));
  EXPECT_EQ(findings[0].fixed, "");  // the line goes: smtp.google.com is there
  EXPECT_EQ(findings[1].word, "wildcard-wide");
  EXPECT_EQ(findings[2].word, "mx-hosts-missing");
  EXPECT_EQ(findings[2].where, (text::Position{6, 6}));
  EXPECT_EQ(findings[2].fixed,
            "mx: aspmx.l.google.com\nmx: alt1.aspmx.l.google.com\nmx: alt2.aspmx.l.google.com\n"
            "mx: alt3.aspmx.l.google.com\nmx: alt4.aspmx.l.google.com");
}

TEST(PolicyLint, KnowsNoFixThatMxRecordsAloneTell) {
  const auto findings =
      lint_policy("version: STSv1\nmode: testing\nmx: *.mx.microsoft\nmx: mail.example.com\nmax_age: 60\n");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].word, "mx-too-short");
  EXPECT_EQ(findings[0].fixed, std::nullopt);
  EXPECT_EQ(findings[1].word, "mx-placeholder");
  EXPECT_EQ(findings[1].fixed, std::nullopt);
}

TEST(PolicyLint, NotesNothingOfAPolicyThatNamesNoHost) {
  EXPECT_THAT(words_of("version: STSv1\nmode: none\nmx: smtp.gmail.com\nmax_age: 60\n"), IsEmpty());
}

TEST(PolicyLint, SaysThatAPlaceholderWasLeftIn) {
  for (const std::string text : {"<your-mx-host>", "<mx>", "[mail.yourdomain.com]", "{{ mx }}", "$MX_HOST"}) {
    const std::string policy = "version: STSv1\nmode: testing\nmx: " + text + "\nmax_age: 60\n";
    const auto findings = lint_policy(policy);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].word, "bad-mx");
    EXPECT_THAT(findings[0].detail, testing::StartsWith("This is the placeholder of an example")) << text;
    EXPECT_EQ(findings[0].fixed, std::nullopt) << text;
  }
  const auto in_brackets = lint_policy("version: STSv1\nmode: testing\nmx: <mx.acme.net>\nmax_age: 60\n");
  ASSERT_EQ(in_brackets.size(), 1U);
  EXPECT_EQ(in_brackets[0].fixed, "mx: mx.acme.net");
}

TEST(PolicyLint, InventsNoHostWhereNoneIsNamed) {
  const auto findings = lint_policy("version: STSv1\nmode: testing\nmax_age: 60\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].word, "missing-mx");
  EXPECT_EQ(findings[0].fixed, std::nullopt);
}

}  // namespace
}  // namespace mta_sts::publish
