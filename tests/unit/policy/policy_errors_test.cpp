// find_policy_errors and what lint shows of a fault: the sentence, the section and the fixed line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/parse_policy.hpp"
#include "policy/policy_fix.hpp"

namespace mta_sts {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> words_of(std::string_view body) {
  std::vector<std::string> words;
  for (const PolicyError& error : find_policy_errors(body)) {
    words.push_back(std::to_string(error.where.line) + ":" + std::to_string(error.where.column) + " " +
                    std::string(to_string(error.code)));
  }
  return words;
}

// Gives the fixed line of a body's only fault; "(none)" where what was meant is not clear.
std::string fixed(std::string_view body) {
  const auto errors = find_policy_errors(body);
  EXPECT_EQ(errors.size(), 1U) << body;
  return errors.empty() ? std::string() : errors.front().fixed.value_or("(none)");
}

TEST(PolicyErrors, AreNoneForAGoodPolicy) {
  EXPECT_THAT(words_of("version: STSv1\nmode: none\nmax_age: 1\n"), IsEmpty());
}

TEST(PolicyErrors, SayWhatIsWrongWithAnMx) {
  const auto detail_of = [](const std::string& mx) {
    const auto errors = find_policy_errors("version: STSv1\nmode: enforce\nmx: " + mx + "\nmax_age: 86400\n");
    return errors.size() == 1 ? errors.front().detail : std::string("no fault, or several");
  };
  EXPECT_EQ(detail_of("mail.example.com."), "invalid mx \"mail.example.com.\": remove the trailing dot.");
  EXPECT_THAT(detail_of("mail.example.com, mail2.example.com"),
              HasSubstr("each host on an mx line of its own"));
  EXPECT_THAT(detail_of("mail.*.example.com"), HasSubstr("\"*.\" at the beginning"));
  EXPECT_THAT(detail_of("192.0.2.1"), HasSubstr("without an address or a port"));
  EXPECT_THAT(detail_of("[2001:db8::1]"), HasSubstr("without an address or a port"));
  EXPECT_THAT(detail_of("mail.example.com:25"), HasSubstr("without an address or a port"));
  EXPECT_THAT(detail_of("_dc-mx.0123456789ab.example.com"), HasSubstr("no underscore"));
  EXPECT_THAT(detail_of("://google.com"), HasSubstr("without a URL"));
  EXPECT_THAT(detail_of("mail..example.com"), HasSubstr("write a host name, or"));
}

TEST(PolicyErrors, NameEveryFaultInLineOrder) {
  EXPECT_THAT(
      words_of("version: STSv2\nmode : enforce\n\nmx: a..b\nmx: ok.example\nmx: *\nmax_age: 7d\nfoo\n\n"),
      ElementsAre("1:10 bad-version", "2:5 bad-syntax", "3:1 blank-line", "4:5 bad-mx", "6:5 bad-mx",
                  "7:10 bad-max-age", "8:4 bad-syntax", "9:1 blank-line"));
}

TEST(PolicyErrors, CallNoFieldMissingWhoseLineIsAtFault) {
  EXPECT_THAT(words_of("version = STSv1\nMode : enforce\nmx:\nmax_age\t: 1\n"),
              ElementsAre("1:8 bad-syntax", "2:5 bad-syntax", "3:4 bad-syntax", "4:8 bad-syntax"));
}

TEST(PolicyErrors, NameEveryMissingField) {
  EXPECT_THAT(words_of("foo: bar\n"),
              ElementsAre("1:1 missing-version", "1:1 missing-mode", "1:1 missing-max-age"));
  EXPECT_THAT(words_of("mode: enforce\n"),
              ElementsAre("1:1 missing-version", "1:1 missing-max-age", "1:1 missing-mx"));
}

TEST(PolicyErrors, GoOnBehindFaultsOfTheWholeBody) {
  EXPECT_THAT(words_of("\xEF\xBB\xBFversion: STSv1\nmode: off\nmax_age: 1\nfoo: \xFF\n"),
              ElementsAre("1:1 bom", "2:7 bad-mode", "4:6 not-utf8"));
  EXPECT_THAT(words_of("version: STSv1\rmode: none\r"), ElementsAre("1:15 bad-line-ending"));
}

TEST(PolicyErrors, AreBounded) {
  std::string body;
  for (int i = 0; i < 20000; ++i) {
    body += "x\n";
  }
  EXPECT_EQ(find_policy_errors(body).size(), policy_errors_limit);
}

TEST(PolicyErrors, BeginWithTheOneThatParsingStopsAt) {
  for (const std::string_view body :
       {"", "x", "version: STSv1\nmode: none\nmax_age: 1\n\n", "mode: none\nmax_age: 1\n", "\xFF", "a\rb"}) {
    const auto errors = find_policy_errors(body);
    const auto policy = parse_policy(body, Reading::strict);
    ASSERT_FALSE(policy);
    EXPECT_THAT(errors, testing::Contains(testing::Field(&PolicyError::code, policy.error().code)));
  }
}

TEST(PolicyErrors, MendTheLine) {
  EXPECT_EQ(fixed("version: stsv1\nmode: none\nmax_age: 1\n"), "version: STSv1");
  EXPECT_EQ(fixed("version: STSv1\nmode = Enforced\nmx: a\nmax_age: 1\n"), "mode: enforce");
  EXPECT_EQ(fixed("version: STSv1\nmode: report\nmx: a\nmax_age: 1\n"), "(none)");
  EXPECT_EQ(fixed("version: STSv1\nmode: none\nmax_age: 1\n  foo : bar\n"), "foo: bar");
  EXPECT_EQ(fixed("version: STSv1\nmode: none\nmax_age: 1\n# foo\n"), "");  // it should go
  EXPECT_EQ(fixed("version: STSv1\nmode: none\nmax_age: 1\nfoo\n"), "(none)");
  EXPECT_EQ(fixed("version: STSv1\nmode: none\nmax_age: 1\n\n"), "");
}

TEST(PolicyErrors, MendNameAndValueTogether) {
  EXPECT_EQ(fixed("version: STSv1\nmode: none\nMax-Age = 1 week # long\n"), "max_age: 604800");
  EXPECT_EQ(fixed("version: STSv1\nMode: Enforced\nmx: a\nmax_age: 1\n"), "mode: enforce");
}

TEST(PolicyErrors, GiveTheLineOfAMissingField) {
  EXPECT_EQ(fixed("version: STSv1\nmax_age: 1\n"), "mode: testing");
  EXPECT_EQ(fixed("mode: none\nmax_age: 1\n"), "version: STSv1");
  EXPECT_EQ(fixed("version: STSv1\nmode: none\n"), "max_age: 86400");
  EXPECT_EQ(fixed("version: STSv1\nmode: enforce\nmax_age: 1\n"), "(none)");  // no host is invented
}

TEST(PolicyErrors, CallAMisspeltFieldNotMissing) {
  EXPECT_THAT(
      words_of("version: STSv1\nMode: enforce\nnmx: a.b\nmx1: c.d\nmax-age: 604800\n"),
      ElementsAre("2:1 field-misspelt", "3:1 field-misspelt", "4:1 field-misspelt", "5:1 field-misspelt"));
  EXPECT_THAT(words_of("version: STSv1\nmode: enforce\nnmx: a.b\nmx1: c.d\nmax_age: 604800\n"),
              ElementsAre("3:1 field-misspelt", "4:1 field-misspelt"));
  EXPECT_THAT(words_of("version: STSv1\nmode: none\nMode: enforce\nmax_age: 604800\n"), IsEmpty());
}

TEST(PolicyErrors, CallMxMissingForTheModeThatIsMeant) {
  EXPECT_THAT(words_of("version: STSv1\nmode: Enforce\nmax_age: 1\n"),
              ElementsAre("1:1 missing-mx", "2:7 bad-mode"));
  EXPECT_THAT(words_of("version: STSv1\nMode: testing\nmax_age: 1\n"),
              ElementsAre("1:1 missing-mx", "2:1 field-misspelt"));
  EXPECT_THAT(words_of("version: STSv1\nmode: None\nmax_age: 1\n"), ElementsAre("2:7 bad-mode"));
  EXPECT_THAT(words_of("version: STSv1\nmode: live\nmax_age: 1\n"), ElementsAre("2:7 bad-mode"));
}

TEST(PolicyErrors, AreOfTheWholeBodyOrOfALine) {
  EXPECT_TRUE(is_of_whole_body(PolicyErrorCode::missing_mode));
  EXPECT_TRUE(is_of_whole_body(PolicyErrorCode::bom));
  EXPECT_FALSE(is_of_whole_body(PolicyErrorCode::field_misspelt));
  EXPECT_FALSE(is_of_whole_body(PolicyErrorCode::blank_line));
}

TEST(PolicyErrors, AreSafeToShow) {
  const auto errors =
      find_policy_errors("version: STSv1\nmode: \x1B[31m\nfoo : \xE2\x80\xAE\nmx: \x01\nmax_age: 1\n");
  ASSERT_EQ(errors.size(), 3U);
  for (const PolicyError& error : errors) {
    EXPECT_THAT(error.detail + error.fixed.value_or(""), Not(HasSubstr("\x1B")));
    EXPECT_THAT(error.detail + error.fixed.value_or(""), Not(HasSubstr("\xE2\x80\xAE")));
  }
  EXPECT_THAT(errors[0].detail, HasSubstr("\\x1b[31m"));
}

TEST(PolicyErrors, EachHasAWordASectionAndASentence) {
  std::vector<std::string> words;
  for (int code = 0; code <= static_cast<int>(PolicyErrorCode::missing_mx); ++code) {
    const auto error = static_cast<PolicyErrorCode>(code);
    words.emplace_back(to_string(error));
    EXPECT_THAT(std::string(rfc_section(error)), HasSubstr("RFC "));
    EXPECT_THAT(describe_fault(error, {}, {}).detail, testing::EndsWith("."));
  }
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end());  // no two alike
}

TEST(PolicyMode, IsReadWithItsCase) {  // R19
  for (const Mode mode : {Mode::enforce, Mode::testing, Mode::none}) {
    EXPECT_EQ(parse_mode(to_string(mode)), mode);
  }
  for (const std::string_view word : {"", "Enforce", "NONE", "enforce ", "off"}) {
    EXPECT_EQ(parse_mode(word), std::nullopt);
  }
}

}  // namespace
}  // namespace mta_sts
