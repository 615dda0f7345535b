#include "publish/policy_lint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "policy/policy.hpp"

namespace mta_sts::publish {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words_of(std::string_view policy) {
  std::vector<std::string> words;
  for (const PolicyFinding& finding : lint_policy(policy)) {
    words.push_back(finding.word);
  }
  return words;
}

// "replace 2: mode: enforce", "delete 5-6", "insert 3: ..."; "none" without a mend.
std::string shown(const std::optional<PolicyMend>& mend) {
  if (!mend) {
    return "none";
  }
  std::string text = std::string(to_string(mend->action)) + " " + std::to_string(mend->line);
  text += mend->count > 1 ? "-" + std::to_string(mend->line + mend->count - 1) : "";
  return mend->action == MendAction::remove ? text : text + ": " + mend->text;
}

std::vector<std::string> mends_of(std::string_view policy) {
  std::vector<std::string> mends;
  for (const PolicyFinding& finding : lint_policy(policy)) {
    mends.push_back(finding.word + ", " + shown(finding.mend));
  }
  return mends;
}

TEST(PolicyLint, FindsNothingInAGoodPolicy) {
  EXPECT_THAT(words_of("version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 604800\r\n"), IsEmpty());
}

TEST(PolicyLint, GivesEveryErrorWithLineColumnAndMend) {
  const std::string policy = "version: STSv1\nmode: Enforce\nmx: a.example.\nmax_age: 7d\n";
  const auto findings = lint_policy(policy);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].where, (text::Position{2, 7}));
  EXPECT_EQ(findings[0].line, "mode: Enforce");
  EXPECT_FALSE(findings[0].is_of_file);
  EXPECT_THAT(mends_of(policy),
              ElementsAre("bad-mode, replace 2: mode: enforce", "bad-mx, replace 3: mx: a.example",
                          "bad-max-age, replace 4: max_age: 604800"));
}

TEST(PolicyLint, ReadsALongLineOnce) {
  const auto begin = std::chrono::steady_clock::now();
  for (const char many : {' ', '\t', '"'}) {
    const std::string line(policy_limit_bytes - 100, many);
    EXPECT_THAT(words_of("version: STSv1\nmode:" + line + "enforced\n"), Contains("bad-mode"));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin,
            std::chrono::seconds(5));  // once a byte took half a minute
}

TEST(PolicyLint, ShowsWarningsBesideErrors) {
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nmx: *.com\nmax_age: x\n"),
              ElementsAre("wildcard-wide", "bad-max-age"));
  EXPECT_THAT(words_of("version: STSv1\nmode: Enforced\nmx: a.b\nmx: a.b\nmax_age: 5 min\nfoo: bar\n"),
              ElementsAre("bad-mode", "mx-repeated", "bad-max-age", "max-age-short", "field-unknown"));
}

TEST(PolicyLint, TellsOfTheWholeFileWhatIsMissing) {
  const auto findings = lint_policy("version: STSv1\nmx: a.b\n");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_TRUE(findings[0].is_of_file && findings[1].is_of_file);
  EXPECT_THAT(
      mends_of("version: STSv1\nmx: a.b\n"),
      ElementsAre("missing-mode, insert 2: mode: testing", "missing-max-age, insert 3: max_age: 86400"));
  EXPECT_THAT(mends_of("mode: Enforce\nmx: a.b\n"), ElementsAre("missing-version, insert 1: version: STSv1",
                                                                "missing-max-age, insert 3: max_age: 1209600",
                                                                "bad-mode, replace 1: mode: enforce"));
}

TEST(PolicyLint, InsertsNothingThatMayStandElsewhere) {
  EXPECT_THAT(mends_of("version: STSv1\npolicy: enforce\nmx: a.b\nmax_age: 604800\n"),
              Contains("missing-mode, none"));
  EXPECT_THAT(mends_of("version: STSv1\nenforce\nmx: a.b\nmax_age: 604800\n"),
              Contains("missing-mode, none"));
  EXPECT_THAT(mends_of("version: STSv1\nmode: none\nttl: 604800\n"), Contains("missing-max-age, none"));
}

TEST(PolicyLint, InventsNoHostWhereNoneIsNamed) {
  EXPECT_THAT(mends_of("version: STSv1\nmode: testing\nmax_age: 86400\n"), ElementsAre("missing-mx, none"));
}

TEST(PolicyLint, MendsAMisspeltFieldWithItsValue) {
  EXPECT_THAT(
      mends_of("version: STSv1\nMode: enforced\nmx: a.b\nmax-age: 2 weeks\n"),
      ElementsAre("field-misspelt, replace 2: mode: enforce", "field-misspelt, replace 4: max_age: 1209600"));
  EXPECT_THAT(mends_of("version: STSv1\nmode = Enforce\nmx: a.b\nmax_age 604.800\n"),
              ElementsAre("bad-syntax, replace 2: mode: enforce", "bad-syntax, replace 4: max_age: 604800"));
}

TEST(PolicyLint, LeavesUnclearValuesToTheirAuthor) {
  EXPECT_THAT(mends_of("version: STSv1\nmode: live\nmx: a.b\nmax_age: forever\n"),
              ElementsAre("bad-mode, none", "bad-max-age, none"));
}

TEST(PolicyLint, DeletesEmptyLinesTogether) {
  EXPECT_THAT(mends_of("version: STSv1\nmode: none\n\n\nmax_age: 86400\n\n \n"),
              ElementsAre("blank-line, delete 3-4", "blank-line, delete 6-7"));
}

// R25
TEST(PolicyLint, MendsNamesInULabels) {
  EXPECT_THAT(mends_of("version: STSv1\nmode: testing\nmx: *.b\xC3\xBC"
                       "cher.example\nmax_age: 86400\n"),
              ElementsAre("bad-mx, replace 3: mx: *.xn--bcher-kva.example"));
}

// R40: enforce wants weeks.
TEST(PolicyLint, WarnsOfAMaxAgeUnderADayAndWithEnforceUnderAWeek) {
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 604799\n"),
              ElementsAre("max-age-short"));
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 604800\n"), IsEmpty());
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: a.b\nmax_age: 86399\n"),
              ElementsAre("max-age-short"));
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: a.b\nmax_age: 86400\n"), IsEmpty());
  EXPECT_THAT(words_of("version: STSv1\nmode: none\nmax_age: 0\n"), ElementsAre("max-age-short"));
}

TEST(PolicyLint, AsksForAUsualMaxAgeNearby) {
  const auto findings = lint_policy("version: STSv1\nmode: testing\nmx: a.b\nmax_age: 60480\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].detail, ::testing::HasSubstr("604800"));
  EXPECT_TRUE(findings[0].mend && findings[0].mend->is_advice);
}

TEST(PolicyLint, WarnsOfALongMaxAgeWhileTestingAndMendsItToNoLess) {
  EXPECT_THAT(mends_of("version: STSv1\nmode: testing\nmx: a.b\nmax_age: 604801\n"),
              ElementsAre("max-age-long, none"));
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: a.b\nmax_age: 604800\n"), IsEmpty());
}

TEST(PolicyLint, NotesWhatModeNoneDoesNotNeed) {
  const auto findings =
      lint_policy("version: STSv1\nmode: none\nmx: mail.acme.net\nmx: b.acme.net\nmax_age: 10368000\n");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].word, "mx-with-none");
  EXPECT_EQ(findings[0].severity, PolicySeverity::note);
  EXPECT_EQ(findings[1].word, "max-age-long");
  EXPECT_EQ(findings[1].severity, PolicySeverity::note);
}

TEST(PolicyLint, WarnsOfWideAndRepeatedPatterns) {  // R41
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: *.com\nmx: A.b\nmx: a.B\nmax_age: 86400\n"),
              ElementsAre("wildcard-wide", "mx-repeated"));
  EXPECT_THAT(words_of("version: STSv1\nmode: testing\nmx: *.acme.net\nmax_age: 86400\n"), IsEmpty());
}

TEST(PolicyLint, DeletesWhatIsThereTwiceAndLeavesAChoiceToTheAuthor) {
  EXPECT_THAT(mends_of("version: STSv1\nversion: stsv1\nmode: none\nmax_age: 86400\nmax_age: 1 day\n"),
              ElementsAre("field-repeated, delete 2", "field-repeated, delete 5"));
  EXPECT_THAT(
      mends_of("version: STSv1\nmode: testing\nmode: testing\nmx: a.b\nMax_Age: 1d\nmax_age: 86400\n"),
      ElementsAre("field-repeated, delete 3", "field-misspelt, delete 5"));
  const auto findings =
      lint_policy("version: STSv1\nmode: testing\nmode: enforce\nmx: a.b\nMax_Age: 7d\nmax_age: 86400\n");
  ASSERT_EQ(findings.size(), 2U);
  for (const PolicyFinding& finding : findings) {
    EXPECT_EQ(shown(finding.mend), "none");
    EXPECT_TRUE(finding.needs_author);
  }
}

TEST(PolicyLint, NotesFieldsThatNoSenderKnows) {
  const auto findings = lint_policy("version: STSv1\nmode: none\nmax_age: 86400\nnote: x\nMX: a.b\n");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].word, "field-unknown");
  EXPECT_EQ(findings[0].severity, PolicySeverity::note);
  EXPECT_EQ(findings[1].word, "field-misspelt");
  EXPECT_EQ(shown(findings[1].mend), "replace 5: mx: a.b");
}

TEST(PolicyLint, TellsThatAHostHasNoFullName) {
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nmx: localhost\nmx: none\nmx: a.b\nmax_age: 604800\n"),
              ElementsAre("mx-one-label", "mx-one-label"));
}

TEST(PolicyLint, MakesNoTwoHostsOfANameWithABlankInIt) {
  const auto mend_of_mx = [](const std::string& mx) {
    return mends_of("version: STSv1\nmode: enforce\nmx: " + mx + "\nmax_age: 604800\n");
  };
  for (const std::string mx : {"mail.ac me.net", "mx1.ac me.net, mx2.acme.net", "mail.ac me.co.uk"}) {
    EXPECT_THAT(mend_of_mx(mx), ElementsAre("bad-mx, none")) << mx;
  }
  EXPECT_THAT(mend_of_mx("mx1.acme.net MX2.acme.NET"),
              ElementsAre("bad-mx, replace 3: mx: mx1.acme.net\nmx: mx2.acme.net"));
  EXPECT_THAT(mend_of_mx("mx1.acme.net, mx.acme.org"),
              ElementsAre("bad-mx, replace 3: mx: mx1.acme.net\nmx: mx.acme.org"));
}

TEST(PolicyLint, TellsWhatDoesNotFitTheMailProvider) {
  const std::string policy =
      "version: STSv1\nmode: enforce\nmx: smtp.gmail.com\nmx: *.com\nmx: smtp.google.com\n"
      "mx: \taspmx.l.google.com\nmax_age: 604800\n";
  const auto findings = lint_policy(policy);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].severity, PolicySeverity::warning);
  EXPECT_EQ(findings[0].word, "mx-sends-only");
  EXPECT_EQ(findings[0].where, (text::Position{3, 5}));
  EXPECT_EQ(shown(findings[0].mend), "delete 3");  // smtp.google.com is there
  EXPECT_EQ(findings[1].word, "wildcard-wide");
  EXPECT_EQ(findings[2].severity, PolicySeverity::note);
  EXPECT_EQ(findings[2].word, "mx-hosts-missing");
  EXPECT_EQ(findings[2].where, (text::Position{6, 6}));
  EXPECT_EQ(shown(findings[2].mend),
            "replace 6: mx: aspmx.l.google.com\nmx: alt1.aspmx.l.google.com\nmx: alt2.aspmx.l.google.com\n"
            "mx: alt3.aspmx.l.google.com\nmx: alt4.aspmx.l.google.com");
  EXPECT_TRUE(findings[0].mend->is_advice && findings[2].mend->is_advice);
}

TEST(PolicyLint, KnowsNoFixThatMxRecordsAloneTell) {
  EXPECT_THAT(
      mends_of("version: STSv1\nmode: testing\nmx: *.mx.microsoft\nmx: mail.example.com\nmax_age: 86400\n"),
      ElementsAre("mx-too-short, none", "mx-placeholder, none"));
}

TEST(PolicyLint, NotesNoProviderWhereNoHostCounts) {
  EXPECT_THAT(words_of("version: STSv1\nmode: none\nmx: smtp.gmail.com\nmax_age: 86400\n"),
              ElementsAre("mx-with-none"));
}

TEST(PolicyLint, NotesALastLineWithoutItsEndAndKeepsTheFile) {  // the modules warn of it
  const std::string policy = "version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 604800";
  const auto findings = lint_policy(policy);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].word, "no-last-line-end");
  EXPECT_EQ(findings[0].severity, PolicySeverity::note);
  EXPECT_EQ(findings[0].where, (text::Position{4, 16}));
  EXPECT_EQ(shown(findings[0].mend), "none");
  EXPECT_THAT(words_of(policy + "\n"), IsEmpty());
  EXPECT_THAT(words_of(policy + "\r\n"), IsEmpty());
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 6048"),
              ElementsAre("max-age-short", "no-last-line-end"));
}

TEST(PolicyLint, SaysThatAnAddressInBracketsIsNoHost) {
  for (const std::string text : {"[192.0.2.1]", "[IPv6:2001:db8::1]", "[2001:db8::1]"}) {
    const auto findings = lint_policy("version: STSv1\nmode: testing\nmx: " + text + "\nmax_age: 86400\n");
    ASSERT_EQ(findings.size(), 1U) << text;
    EXPECT_THAT(findings[0].detail, testing::HasSubstr("without an address or a port")) << text;
    EXPECT_EQ(shown(findings[0].mend), "none") << text;
  }
}

TEST(PolicyLint, MakesNoHostOfLettersThatOnlyLookLatin) {
  const auto findings =
      lint_policy("version: STSv1\nmode: enforce\nmx: m\xD0\xB0il.acme.net\nmax_age: 604800\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].detail, testing::HasSubstr("mixes Latin letters"));
  EXPECT_EQ(shown(findings[0].mend), "none");
}

TEST(PolicyLint, SaysThatAPlaceholderWasLeftIn) {
  for (const std::string text : {"<your-mx-host>", "<mx>", "[mail.yourdomain.com]", "{{ mx }}", "$MX_HOST"}) {
    const std::string policy = "version: STSv1\nmode: testing\nmx: " + text + "\nmax_age: 86400\n";
    const auto findings = lint_policy(policy);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].word, "bad-mx");
    EXPECT_THAT(findings[0].detail, testing::StartsWith("This is the placeholder of an example")) << text;
    EXPECT_EQ(shown(findings[0].mend), "none") << text;
  }
  EXPECT_THAT(mends_of("version: STSv1\nmode: testing\nmx: <mx.acme.net>\nmax_age: 86400\n"),
              ElementsAre("bad-mx, replace 3: mx: mx.acme.net"));
  const auto named = lint_policy("version: STSv1\nmode: testing\nmx: YOUR-MX-HOST-HERE\nmax_age: 86400\n");
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].severity, PolicySeverity::warning);
  EXPECT_TRUE(named[0].needs_author);
}

TEST(PolicyLint, MendsAByteOrderMarkAway) {
  EXPECT_THAT(mends_of("\xEF\xBB\xBFversion: stsv1\nmode: none\nmax_age: 86400\n"),
              ElementsAre("bom, replace 1: version: stsv1", "bad-version, replace 1: version: STSv1"));
}

TEST(PolicyLint, JudgesNoPolicyThatIsTooLarge) {
  EXPECT_THAT(words_of(std::string(65537, '\n')), ElementsAre("too-large"));
}

}  // namespace
}  // namespace mta_sts::publish
