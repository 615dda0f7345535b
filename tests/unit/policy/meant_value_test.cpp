#include "policy/meant_value.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

void means_mode(std::string_view value, std::optional<Mode> mode) {
  EXPECT_EQ(read_meant_mode(value), mode) << value;
}

void means_seconds(std::string_view value, std::uint64_t seconds) {
  EXPECT_EQ(read_meant_max_age(value), seconds) << value;
}

void is_unclear(std::string_view value) {
  EXPECT_EQ(read_meant_max_age(value), std::nullopt) << value;
}

std::string mx_of(std::string_view value) {
  return read_meant_mx(value).value_or("(none)");
}

TEST(MeantValue, KeepsTheModeThatWasMeant) {
  for (const std::string_view word : {"enforce",
                                      "Enforce",
                                      "ENFORCE",
                                      "enforced",
                                      "enforcing",
                                      "[enforce]",
                                      "\"enforce\"",
                                      "'enforce'",
                                      "enforce;",
                                      "enforce,",
                                      "enforce.",
                                      "<enforce>",
                                      "enforc",
                                      "enfroce",
                                      "enforcement",
                                      "enforce # strict",
                                      "enforce // strict",
                                      "enforce (was testing)",
                                      "\xE2\x80\x9C"
                                      "enforce\xE2\x80\x9D",
                                      "\xC2\xA0"
                                      "enforce"}) {
    means_mode(word, Mode::enforce);
  }
  for (const std::string_view word :
       {"test", "Testing", "[testing] ", "testng", "tested", "testing # 1. which"}) {
    means_mode(word, Mode::testing);
  }
  for (const std::string_view word : {"None", "\"none\"", "none;", "non"}) {
    means_mode(word, Mode::none);
  }
}

TEST(MeantValue, ReadsNoModeWhereItIsNotClear) {
  for (const std::string_view word : {"",
                                      "live",
                                      "on",
                                      "off",
                                      "yes",
                                      "report",
                                      "production",
                                      "enforce testing",
                                      "enforce|testing|none",
                                      "enforce, testing",
                                      "not enforce",
                                      "enforcenot",
                                      "unenforced",
                                      "no",
                                      "one",
                                      "tone",
                                      "resting",
                                      "$mode",
                                      "{{ mode }}",
                                      "enforce=false",
                                      "# enforce",
                                      "1"}) {
    means_mode(word, std::nullopt);
  }
  means_mode(std::string(20000, 'e'), std::nullopt);
}

TEST(MeantValue, ReadsUnitsInAnyCase) {
  means_seconds("1 week", 604800);
  means_seconds("30 days", 2592000);
  means_seconds("12h", 43200);
  means_seconds("2W", 1209600);
  means_seconds("7d", 604800);
  means_seconds("7-days", 604800);
  means_seconds("604800s", 604800);
  means_seconds("604800 Seconds", 604800);
  means_seconds("90 minutes", 5400);
  means_seconds("1 year", 31557600);
}

TEST(MeantValue, ReadsMarksBetweenThousands) {
  means_seconds("604.800", 604800);
  means_seconds("604,800", 604800);
  means_seconds("604 800", 604800);
  means_seconds("604'800", 604800);
  means_seconds("604_800", 604800);
  means_seconds(
      "604\xC2\xA0"
      "800",
      604800);
  means_seconds(
      "604\xE2\x80\xAF"
      "800",
      604800);
  means_seconds("1.209.600", 1209600);
  means_seconds("604,800 s", 604800);
}

TEST(MeantValue, ReadsANumberWithWhatStandsAroundIt) {
  means_seconds("\"86400\"", 86400);
  means_seconds("86400;", 86400);
  means_seconds("86400.", 86400);
  means_seconds("= 86400", 86400);
  means_seconds("604800 # 4. how long", 604800);
  means_seconds("604800 (1 week)", 604800);
  means_seconds("604800 (a week)", 604800);
}

TEST(MeantValue, ReadsMoreThanAYearAsAYear) {  // P2: as senders do
  means_seconds("31557601", 31557600);
  means_seconds("2 years", 31557600);
  means_seconds("9999999999w", 31557600);
}

TEST(MeantValue, ReadsNoNumberInPart) {
  for (const std::string_view value : {"",
                                       "forever",
                                       "week",
                                       "one week",
                                       "1.5 weeks",
                                       "1,5 weeks",
                                       "604800.0",
                                       "6048.00",
                                       "1.209,600",
                                       "0.604",
                                       "60*60*24",
                                       "1 month",
                                       "5m",
                                       "1m",
                                       "1w2d",
                                       "P7D",
                                       "1 day 12 hours",
                                       "604800 (2 weeks)",
                                       "86400 (24 h or so)",
                                       "1.500 days",
                                       "-1",
                                       "+86400",
                                       "1e6",
                                       "0x93a80",
                                       "12345678901",
                                       "86400 86400",
                                       "seven days",
                                       "7 24"}) {
    is_unclear(value);
  }
}

TEST(MeantValue, ReadsHostsThatWereJoined) {
  EXPECT_EQ(mx_of("Mail.example.com."), "mx: mail.example.com");
  EXPECT_EQ(mx_of("10 mail.example.com"), "mx: mail.example.com");
  EXPECT_EQ(mx_of("a.example, <*.b.example>"), "mx: a.example\nmx: *.b.example");
  EXPECT_EQ(mx_of("[a.example, \"b.example\"]"), "mx: a.example\nmx: b.example");
  EXPECT_EQ(mx_of("a.example;b.example;"), "mx: a.example\nmx: b.example");
  EXPECT_EQ(mx_of("*.b.example   # the other"), "mx: *.b.example");
  EXPECT_EQ(mx_of("a.example (primary)"), "mx: a.example");
  EXPECT_EQ(mx_of("a.example:25"), "mx: a.example");
}

TEST(MeantValue, ReadsNoHostWhereNoneIsNamed) {
  for (const std::string_view value :
       {"", "m*.example.com", "192.0.2.1", "192.0.2.1:25", "[2001:db8::1]", "://google.com",
        "https://a.example/", "_dc-mx.a.example", "mail example com", "a.example and b.example",
        "<your-mx-host>", "{{ mx }}", "$MX_HOST", ".example.com", "*.*.example.com", "a@example.com",
        "localhost."}) {
    EXPECT_EQ(mx_of(value), "(none)") << value;
  }
}

TEST(MeantValue, KnowsTheVersion) {
  for (const std::string_view value :
       {"STSv1", "stsv1", "STSv2", "STLS1", "\"STSv1\"", "STSv1;", "1", "v1", "MTA-STSv1"}) {
    EXPECT_TRUE(is_meant_version(value)) << value;
  }
  for (const std::string_view value : {"", "TLSRPTv1", "STSv1 enforce", "2025", "latest"}) {
    EXPECT_FALSE(is_meant_version(value)) << value;
  }
}

TEST(MeantValue, LeavesRemarksOut) {
  EXPECT_EQ(without_remark("testing # which"), "testing");
  EXPECT_EQ(without_remark("testing# which"), "testing");
  EXPECT_EQ(without_remark("mail.a#b.example"), "mail.a#b.example");
  EXPECT_EQ(without_remark("testing // which"), "testing");
  EXPECT_EQ(without_remark("// which"), "");
  EXPECT_EQ(without_remark("https://a.example/"), "https://a.example/");
  EXPECT_EQ(without_remark("https://a.example/ // b"), "https://a.example/");
}

}  // namespace
}  // namespace mta_sts
