#include "publish/directive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/parse_policy.hpp"
#include "policy/render_policy.hpp"

namespace mta_sts::publish {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Words = std::vector<std::string_view>;

Directive good(const Words& words) {
  const auto directive = parse_directive(words);
  EXPECT_TRUE(directive) << to_message(directive.error());
  return directive.value_or(Directive{});
}

void bad(const Words& words, std::string_view code, std::string_view word) {
  const auto directive = parse_directive(words);
  ASSERT_FALSE(directive) << words.size();
  EXPECT_EQ(to_string(directive.error().code), code) << to_message(directive.error());
  EXPECT_EQ(directive.error().word, word);
  EXPECT_FALSE(directive.error().detail.empty());
}

TEST(Directive, ReadsAnInlinePolicy) {
  const Directive directive =
      good({"enforce", "mx=Mail.example.com", "mx=*.example.net", "max_age=604800", "serial=7"});
  EXPECT_EQ(directive.kind, DirectiveKind::inline_policy);
  EXPECT_EQ(directive.policy.mode, Mode::enforce);
  EXPECT_THAT(directive.policy.mx, ElementsAre("mail.example.com", "*.example.net"));
  EXPECT_EQ(directive.policy.max_age_seconds, 604800U);
  EXPECT_EQ(directive.serial, 7U);
  EXPECT_THAT(directive.warnings, IsEmpty());
}

TEST(Directive, TakesItsWordsInAnyOrder) {
  EXPECT_EQ(good({"max_age=1w", "mx=a", "testing"}).policy,
            good({"testing", "mx=a", "max_age=604800"}).policy);
}

TEST(Directive, HasADefaultMaxAgeForEachMode) {
  EXPECT_EQ(good({"enforce", "mx=a"}).policy.max_age_seconds, 1209600U);
  EXPECT_EQ(good({"testing", "mx=a"}).policy.max_age_seconds, 86400U);
  EXPECT_EQ(good({"none"}).policy.max_age_seconds, 86400U);
}

TEST(Directive, ReadsMaxAgeInSecondsDaysAndWeeks) {  // R21
  const auto seconds = [](std::string_view word) { return good({"none", word}).policy.max_age_seconds; };
  EXPECT_EQ(seconds("max_age=0"), 0U);
  EXPECT_EQ(seconds("max_age=7d"), 604800U);
  EXPECT_EQ(seconds("max_age=2w"), 1209600U);
  EXPECT_EQ(seconds("max_age=365d"), 31536000U);
  EXPECT_EQ(seconds("max_age=31557600"), 31557600U);
  for (const std::string_view word :
       {"max_age=31557601", "max_age=366d", "max_age=53w", "max_age=d", "max_age=1D", "max_age=1h",
        "max_age=-1", "max_age=1.5w", "max_age=1dd", "max_age=0x1", "max_age= 1",
        "max_age=99999999999999999999", "max_age=18446744073709551615w"}) {
    bad({"none", word}, "bad-max-age", word);
  }
}

TEST(Directive, MergesEqualMx) {
  EXPECT_THAT(good({"enforce", "mx=b", "mx=A", "mx=B", "mx=a"}).policy.mx, ElementsAre("b", "a"));
  EXPECT_THAT(good({"enforce",
                    "mx=b\xC3\xBC"
                    "cher.example",
                    "mx=xn--bcher-kva.example"})
                  .policy.mx,
              ElementsAre("xn--bcher-kva.example"));
}

TEST(Directive, TurnsULabelsIntoALabels) {  // R25
  EXPECT_THAT(good({"enforce",
                    "mx=*.b\xC3\xBC"
                    "cher.example"})
                  .policy.mx,
              ElementsAre("*.xn--bcher-kva.example"));
}

TEST(Directive, RefusesAnMxThatIsNoHost) {  // R24, R39
  const std::string longest_wildcard = "mx=*." + std::string(63, 'a') + "." + std::string(63, 'a') + "." +
                                       std::string(63, 'a') + "." + std::string(60, 'a');
  for (const std::string_view word :
       {"mx=*"sv, "mx=*."sv, "mx=*.*.a"sv, "mx=a*.b"sv, "mx=a..b"sv, "mx=.a"sv, "mx=a."sv, "mx=-a"sv,
        "mx=a_b"sv, "mx=192.0.2.1"sv, "mx=[192.0.2.1]"sv, "mx=a:25"sv, "mx=a,b"sv, "mx=a b"sv,
        "mx=b\xC3\xBC"
        "cher.example."sv,
        std::string_view(longest_wildcard)}) {
    bad({"enforce", word}, "bad-mx", word);
  }
  bad({"enforce", "mx=b\xFC"}, "bad-mx", "mx=b\\xfc");  // no UTF-8
}

TEST(Directive, ReadsAFileAndOff) {
  const Directive file = good({"file=conf/policy=1.txt", "serial=4294967295"});
  EXPECT_EQ(file.kind, DirectiveKind::file);
  EXPECT_EQ(file.path, "conf/policy=1.txt");  // the first "=" alone is ours
  EXPECT_EQ(file.serial, 4294967295U);
  EXPECT_EQ(good({"off"}).kind, DirectiveKind::off);
  bad({"file=a\0b"sv}, "bad-path", "file=a\\x00b");
  bad({"file=/srv/$host.txt"}, "bad-path", "file=/srv/$host.txt");
}

TEST(Directive, ReadsAStore) {
  const Directive store = good({"store=/srv/policies=1.mdb"});
  EXPECT_EQ(store.kind, DirectiveKind::store);
  EXPECT_EQ(store.path, "/srv/policies=1.mdb");
  bad({"store=a\0b"sv}, "bad-path", "store=a\\x00b");
  bad({"store=$store"}, "bad-path", "store=$store");
  bad({"store="}, "empty-value", "store=");
  bad({"store"}, "empty-value", "store");
}

TEST(Directive, RefusesWordsThatExcludeEachOther) {
  bad({"file=a", "enforce"}, "conflicting-word", "enforce");
  bad({"mx=b", "file=a"}, "conflicting-word", "mx=b");
  bad({"off", "max_age=1"}, "conflicting-word", "max_age=1");
  bad({"serial=1", "off"}, "conflicting-word", "serial=1");
  bad({"off", "file=a"}, "conflicting-word", "file=a");
  bad({"off", "store=a"}, "conflicting-word", "store=a");
  bad({"store=a", "file=a"}, "conflicting-word", "file=a");
  bad({"serial=1", "store=a"}, "conflicting-word", "serial=1");
  bad({"store=a", "none"}, "conflicting-word", "none");
}

TEST(Directive, RefusesRepeatedWords) {
  bad({"enforce", "testing"}, "repeated-word", "testing");
  bad({"none", "none"}, "repeated-word", "none");
  bad({"none", "max_age=1", "max_age=1"}, "repeated-word", "max_age=1");
  bad({"none", "serial=0", "serial=0"}, "repeated-word", "serial=0");
  bad({"file=a", "file=a"}, "repeated-word", "file=a");
  bad({"store=a", "store=b"}, "repeated-word", "store=b");
  bad({"off", "off"}, "repeated-word", "off");
}

TEST(Directive, RefusesIncompletePolicies) {  // R23, R39
  bad({}, "no-words", "");
  bad({"mx=a"}, "missing-mode", "");
  bad({"serial=1"}, "missing-mode", "");
  bad({"enforce"}, "missing-mx", "enforce");
  bad({"testing", "max_age=1d"}, "missing-mx", "testing");
  bad({"mx", "enforce"}, "empty-value", "mx");
  for (const std::string_view word : {"mx=", "max_age=", "serial=", "file="}) {
    bad({"none", word}, "empty-value", word);
  }
}

TEST(Directive, RefusesUnknownWords) {
  for (const std::string_view word :
       {"Enforce", "on", "", "=", "=x", "MX=a", "mode=enforce", "stores=", "maxage=1", "enforce ", "id=1"}) {
    bad({word}, "unknown-word", word);
  }
  bad({"\x1B[31m\n\0"sv}, "unknown-word", "\\x1b[31m\\x0a\\x00");
}

TEST(Directive, RefusesABadSerial) {  // P27
  for (const std::string_view word : {"serial=4294967296", "serial=-1", "serial=1a", "serial=0x1"}) {
    bad({"none", word}, "bad-serial", word);
  }
}

TEST(Directive, HoldsTheSizeLimit) {  // R38
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i) {
    texts.push_back("mx=host-" + std::to_string(i) + ".a-long-name-for-a-mail-host.example.com");
  }
  Words words(texts.begin(), texts.end());
  words.push_back("enforce");
  bad(words, "too-large", "");
}

TEST(Directive, WarnsOfAMaxAgeUnderADayAndWithEnforceUnderAWeek) {  // R40
  EXPECT_THAT(good({"enforce", "mx=a", "max_age=604799"}).warnings, SizeIs(1));
  EXPECT_THAT(good({"enforce", "mx=a", "max_age=1w"}).warnings, IsEmpty());
  for (const Words& words : {Words{"testing", "mx=a", "max_age=86399"}, Words{"none", "max_age=86399"}}) {
    EXPECT_THAT(good(words).warnings,
                ElementsAre(testing::StartsWith("max-age-short: max_age is under a day")));
  }
  EXPECT_THAT(good({"testing", "mx=a", "max_age=1d"}).warnings, IsEmpty());
  EXPECT_THAT(good({"testing", "mx=a", "max_age=2w"}).warnings, IsEmpty());
  EXPECT_THAT(good({"none", "max_age=1d"}).warnings, IsEmpty());
}

TEST(Directive, MakesNoHostOfLettersThatOnlyLookLatin) {
  bad({"enforce", "mx=m\xD0\xB0il.acme.net"}, "bad-mx", "mx=m\xD0\xB0il.acme.net");
  EXPECT_THAT(good({"enforce", "mx=mail.\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0.net"}).policy.mx,
              ElementsAre("mail.xn--80a1acny.net"));
}

TEST(Directive, WarnsOfWhatLintWarnsOf) {
  const auto warned = [](const Words& words, std::string_view word) {
    const auto warnings = good(words).warnings;
    ASSERT_EQ(warnings.size(), 1U) << word;
    EXPECT_TRUE(warnings.front().starts_with(std::string(word) + ": ")) << warnings.front();
  };
  warned({"enforce", "mx=*.com"}, "wildcard-wide");
  warned({"testing", "mx=mail.yourdomain.com"}, "mx-placeholder");
  warned({"enforce", "mx=smtp.zoho.com"}, "mx-sends-only");
  warned({"enforce", "mx=*.google.com"}, "mx-too-short");
  EXPECT_THAT(good({"enforce", "mx=mail.example.com"}).warnings, IsEmpty());  // documents and tests say it
}

TEST(Directive, MakesPoliciesThatEveryReaderAccepts) {  // R39
  for (const Words& words : {Words{"enforce",
                                   "mx=*.B\xC3\xBC"
                                   "cher.example",
                                   "mx=a"},
                             Words{"none", "max_age=0"}, Words{"testing", "mx=a", "max_age=1w"}}) {
    const Policy policy = good(words).policy;
    EXPECT_EQ(parse_policy(render_policy(policy), Reading::strict), policy);
    EXPECT_EQ(parse_policy(render_policy(policy), Reading::sender), policy);
  }
}

TEST(DirectiveMessage, NamesTheWordAndWhatIsAllowed) {
  const auto directive = parse_directive(Words{"enforce", "mx=a\n..b"});
  ASSERT_FALSE(directive);
  EXPECT_EQ(to_message(directive.error()),
            "bad-mx \"mx=a\\x0a..b\": an mx is one host name, or \"*.\" and a host name; labels are letters, "
            "digits "
            "and inner hyphens");
  const std::string none = to_message(parse_directive({}).error());
  EXPECT_THAT(none, HasSubstr("no-words: "));
  EXPECT_THAT(none, HasSubstr("file=PATH"));
  EXPECT_THAT(none, Not(HasSubstr("\"\"")));
}

}  // namespace
}  // namespace mta_sts::publish
