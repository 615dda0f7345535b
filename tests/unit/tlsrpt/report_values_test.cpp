#include "tlsrpt/model/report_values.hpp"

#include <gtest/gtest.h>

namespace mta_sts::tlsrpt {
namespace {

void good_date(std::string_view text, std::string_view rendered, bool is_regular = true) {
  const auto date = parse_date_time(text, DateEdge::start);
  ASSERT_TRUE(date) << text;
  EXPECT_EQ(render_date_time(date->time), rendered);
  EXPECT_EQ(date->is_regular, is_regular) << text;
}

void bad_date(std::string_view text) {
  EXPECT_FALSE(parse_date_time(text, DateEdge::start)) << text;
}

TEST(ReportDate, ReadsRfc3339) {
  good_date("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z");
  good_date("2026-03-02t01:02:03z", "2026-03-02T01:02:03Z");       // either case
  good_date("2026-03-02T01:00:00+01:00", "2026-03-02T00:00:00Z");  // an offset is as good as Z
  good_date("2026-03-01T20:00:00-04:00", "2026-03-02T00:00:00Z");
  good_date("2026-03-02T23:59:59.999Z", "2026-03-02T23:59:59Z");  // a fraction
  good_date("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z");      // a leap second
  good_date("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z");
}

TEST(ReportDate, ReadsWhatRealSendersWrite) {
  good_date("2026-03-02T00:00:00", "2026-03-02T00:00:00Z", false);  // Microsoft
  good_date("2026-03-02 00:00:00Z", "2026-03-02T00:00:00Z", false);
  good_date("2026-03-02T00:00:00+0000", "2026-03-02T00:00:00Z", false);
  good_date("2026-03-02", "2026-03-02T00:00:00Z", false);
  good_date("1772409600", "2026-03-02T00:00:00Z", false);     // seconds
  good_date("1772409600000", "2026-03-02T00:00:00Z", false);  // milliseconds
  good_date("1772409600000000", "2026-03-02T00:00:00Z", false);
  good_date("1772409600000000000", "2026-03-02T00:00:00Z", false);
  EXPECT_EQ(render_date_time(parse_date_time("2026-03-02", DateEdge::end)->time), "2026-03-02T23:59:59Z");
}

TEST(ReportDate, ReadsOtherFormsOfDates) {
  good_date("2026-03-02T00:00:00Z ", "2026-03-02T00:00:00Z", false);
  good_date(" 2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z", false);
  good_date("2026-03-02 00:00:00 UTC", "2026-03-02T00:00:00Z", false);
  good_date("2026-03-02T00:00:00UTC", "2026-03-02T00:00:00Z", false);
  good_date("2026-03-02 00:00:00 GMT", "2026-03-02T00:00:00Z", false);
  good_date("2026-03-02 01:00:00 +01:00", "2026-03-02T00:00:00Z", false);
  good_date("2026-03-02T00:00Z", "2026-03-02T00:00:00Z", false);
  good_date("2026-03-02T00:00", "2026-03-02T00:00:00Z", false);
  good_date("20260302T000000Z", "2026-03-02T00:00:00Z", false);
  good_date("20260302T010000+0100", "2026-03-02T00:00:00Z", false);
  good_date("20260302T0000Z", "2026-03-02T00:00:00Z", false);
  good_date("20260302", "2026-03-02T00:00:00Z", false);
  good_date("20260302040506", "2026-03-02T04:05:06Z", false);
  good_date("202603020405", "2026-03-02T04:05:00Z", false);
  good_date("2026-03-02T24:00:00Z", "2026-03-03T00:00:00Z", false);
  good_date("Mon, 02 Mar 2026 00:00:00 +0000", "2026-03-02T00:00:00Z", false);
  good_date("Mon, 2 Mar 2026 01:00:00 +0100", "2026-03-02T00:00:00Z", false);
  good_date("02 Mar 2026 00:00 GMT", "2026-03-02T00:00:00Z", false);
}

TEST(ReportDate, RefusesWhatIsNone) {
  bad_date("2026-03-02T24:00:01Z");
  bad_date("2026-03-02T24:01:00Z");
  bad_date("2026-03-02T00Z");
  bad_date("20260230");
  bad_date("20260230000000");
  bad_date("20260302240001");
  bad_date("2026-0302");
  bad_date("Mon, 02 Foo 2026 00:00:00 +0000");
  bad_date("Mon, 30 Feb 2026 00:00:00 +0000");
  bad_date("Mon, 002 Mar 2026 00:00:00 +0000");
  bad_date("Mon, 02 Mar 2026");
  bad_date("2026-03-02T00:00:00UTCx");

  bad_date("");
  bad_date("yesterday");
  bad_date("2026-02-30T00:00:00Z");
  bad_date("2025-02-29T00:00:00Z");
  bad_date("2026-13-01T00:00:00Z");
  bad_date("2026-03-02T00:60:00Z");
  bad_date("2026-03-02T00:00:61Z");
  bad_date("2026-03-02T00:00:00.Z");
  bad_date("2026-03-02T00:00:00Zx");
  bad_date("2026-03-02T00:00:00+25:00");
  bad_date("1969-12-31T23:59:59Z");       // before any report
  bad_date("9999-12-31T23:00:00-23:00");  // beyond the last year that can be written
  bad_date("99999999999999999999");
}

void good_count(std::string_view text, std::uint64_t value, bool is_regular = false) {
  const auto count = parse_count(text);
  ASSERT_TRUE(count) << text;
  EXPECT_EQ(count->value, value) << text;
  EXPECT_EQ(count->is_regular, is_regular) << text;
}

TEST(ReportCount, ReadsWholeNumbersExactly) {
  good_count("0", 0, true);
  good_count("18446744073709551615", UINT64_MAX, true);
  good_count("9007199254740993", 9007199254740993, true);  // beyond a double's 53 bits
  good_count("9007199254740993.0", 9007199254740993);
  good_count("3.0", 3);
  good_count("3e2", 300);
  good_count("1.5E1", 15);
  good_count("300e-2", 3);
  good_count("0.0", 0);
  good_count("-0", 0);
}

TEST(ReportCount, RefusesTheRest) {
  for (const char* text :
       {"-1", "3.5", "18446744073709551616", "1e20", "1e400", "5e-1", "-3.0", "1e99999999999"}) {
    EXPECT_FALSE(parse_count(text)) << text;
  }
}

TEST(ReportCount, ReadsWhatIsWrittenAsText) {
  const auto value = [](std::string_view text) {
    const auto count = parse_written_count(text);
    EXPECT_FALSE(count && count->is_regular) << text;
    return count ? std::optional(count->value) : std::nullopt;
  };
  EXPECT_EQ(value("100"), 100U);
  EXPECT_EQ(value("+100"), 100U);
  EXPECT_EQ(value(" 100 "), 100U);
  EXPECT_EQ(value("1,000"), 1000U);
  EXPECT_EQ(value("12,345,678"), 12345678U);
  EXPECT_EQ(value("100.0"), 100U);
  EXPECT_EQ(value("1,000.00"), 1000U);
  EXPECT_EQ(value("1e3"), 1000U);
  EXPECT_EQ(value("1.5E+1"), 15U);
  EXPECT_EQ(value("300e-2"), 3U);
  EXPECT_EQ(value("\t100\r\n"), 100U);
  EXPECT_EQ(value("1000,000"), std::nullopt);
  for (const char* text : {"",
                           " ",
                           "+",
                           "-1",
                           "1,00",
                           "1,0000",
                           ",100",
                           "1,000,",
                           "1,,000",
                           "0x10",
                           "1.5",
                           "1.000",
                           "1.",
                           "1e",
                           "1e3x",
                           "1,000.",
                           "100 sessions",
                           "e3",
                           ".0",
                           "++1",
                           "18446744073709551616",
                           "ten"}) {
    EXPECT_EQ(value(text), std::nullopt) << text;
  }
}

TEST(ReportAddress, IsOneAddressAlone) {
  EXPECT_TRUE(is_ip_address("192.0.2.25"));
  EXPECT_TRUE(is_ip_address("2001:db8:abcd:0012::1"));
  EXPECT_TRUE(is_ip_address("2001:DB8::1"));
  for (const char* text :
       {"999.1.1.1", "[2001:DB8::1]", "192.0.2.1, 192.0.2.2", "fe80::1%eth0", "mx1.example", " ::1"}) {
    EXPECT_FALSE(is_ip_address(text)) << text;
  }
  EXPECT_FALSE(is_ip_address(std::string_view("192.0.2.1\0x", 11)));
}

TEST(ReportDay, IsWrittenAndRead) {
  EXPECT_EQ(render_day(*parse_day("2026-03-02")), "2026-03-02");
  EXPECT_FALSE(parse_day("2026-3-2"));
  EXPECT_FALSE(parse_day("2026-03-02T00:00:00Z"));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
