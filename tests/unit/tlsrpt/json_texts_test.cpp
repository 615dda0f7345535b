// Several JSON texts in one file: what is broken is named and takes nothing else with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tlsrpt/read.hpp"

namespace mta_sts::tlsrpt {
namespace {

using testing::HasSubstr;

const std::string report = report_text(policy_text("", counts_text("1", "0")));
const std::string cut = report.substr(0, 200);

void expect(const std::string& text, std::size_t reports, std::string_view words, std::string_view why) {
  const auto read = read_bytes(text, "report");
  EXPECT_EQ(read.reports.size(), reports) << why;
  EXPECT_EQ(read.words(), words) << why;
}

TEST(JsonTexts, MayHaveOddThingsBetweenThem) {
  const std::string mark = "\xEF\xBB\xBF";
  expect(report + "\n" + report, 2, "", "lines");
  expect("\x1E" + report + "\n\x1E" + report + "\n", 2, "", "RFC 7464");
  expect(report + ",\n" + report, 2, "W_TRAILING", "a comma");
  expect(report + ";" + report, 2, "W_TRAILING", "a semicolon");
  expect(report + "}\n" + report, 2, "W_TRAILING", "a bracket");
  expect(report + std::string(1, '\0') + report, 2, "W_TRAILING", "a zero");
  expect(mark + report + "\n" + mark + report, 2, "W_BOM W_TRAILING", "two files put together");
  expect("[" + report + "],[" + report + "]", 2, "W_ARRAY W_TRAILING", "arrays");
}

TEST(JsonTexts, AreReadBehindABrokenOne) {
  expect(report + "\ngarbage\n" + report, 2, "E_JSON", "a line of something else");
  expect("garbage\n" + report, 1, "E_JSON", "the first line is something else");
  expect(cut + "\n" + report, 1, "E_JSON", "the first line is cut");
  expect(report + "\n" + cut + "\n" + report, 2, "E_JSON", "the second is cut");
  expect(report + "\n" + report.substr(0, 25) + "\n" + report, 2, "E_JSON", "it is cut in a string");
  expect(report + "\n" + report + "\n" + cut, 2, "E_JSON", "the last is cut");
  expect(report + "\n[" + cut + "\n" + report, 2, "E_JSON W_ARRAY", "an array is cut");
  expect(report + "\ngarbage\n  " + report, 2, "E_JSON", "the next is indented");
  expect(report + "\ngarbage\n\xEF\xBB\xBF" + report, 2, "E_JSON W_TRAILING", "the next has a mark");
  expect(report + "\nlog: " + report, 1, "E_JSON", "a text behind something else in its line");
  expect(report + " | " + report, 1, "E_JSON", "the same in one line");
  const auto read = read_bytes(report + "\n" + report + "\n\n" + cut + "\n" + report);
  EXPECT_EQ(read.result.status(), "partial");
  ASSERT_EQ(read.result.findings.problems.size(), 1U);
  EXPECT_THAT(read.result.findings.problems.front().detail, HasSubstr("line 4: "));
}

TEST(JsonTexts, StandInAnArrayThatIsCut) {
  expect("[" + report + "," + report + "," + cut, 2, "E_JSON W_ARRAY", "in an element");
  expect("[" + report + "," + report + ",", 2, "E_JSON W_ARRAY", "behind one");
  expect("[" + report + "," + report, 2, "E_JSON W_ARRAY", "before the bracket");
  expect("[", 0, "E_JSON", "at once");
}

TEST(JsonTexts, MayHaveLinesThatBeginLikeOne) {
  std::string lines = report;
  for (std::size_t at = lines.find('{', 1); at != std::string::npos; at = lines.find('{', at + 2)) {
    lines.insert(at, "\n");
  }
  expect(lines, 1, "", "one");
  expect(lines + "\n" + lines, 2, "", "two");
  expect("[\n" + lines + ",\n" + lines + "\n]", 2, "W_ARRAY", "in an array");
}

// Each would take minutes if a look at one text cost as much as all that follows.
TEST(JsonTexts, AreReadInLinearTime) {
  const auto repeated = [](std::string_view text) {
    std::string all;
    while (all.size() < unpacked_limit_bytes / 4) {
      all += text;
    }
    return all;
  };
  for (const std::string_view text :
       {"{\"a\":\n", "{}", "{}\n", "[{},\n", "[\n", "[{}", "{\"\n", "x\n{", "\x1E", "[{}}]", "[{\"a\"},"}) {
    EXPECT_EQ(read_bytes(repeated(text)).reports.size(), 0U) << text;
  }
}

}  // namespace
}  // namespace mta_sts::tlsrpt
