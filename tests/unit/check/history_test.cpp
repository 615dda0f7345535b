#include "check/history.hpp"

#include <gtest/gtest.h>

namespace mta_sts::check {
namespace {

constexpr std::string_view line =
    R"({"domain":"a.example","seen":1700000000,"id":"1","body_sha256":"ab","mode":"enforce","max_age":86400,"mx":["mx.a.example"]})"
    "\n";

Facts facts_at(std::int64_t seconds) {
  Facts facts;
  facts.domain = "b.example";
  facts.conditions.now = std::chrono::sys_seconds(std::chrono::seconds(seconds));
  facts.conditions.resolver_answers = true;
  return facts;
}

TEST(HistoryTest, GivesWhatItsLinesSay) {
  const auto history = CheckHistory::parse(line);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->of("a.example").size(), 1U);
  EXPECT_EQ(history->of("a.example").front().max_age_seconds, 86400U);
  EXPECT_TRUE(history->of("b.example").empty());
}

TEST(HistoryTest, NamesTheFirstLineThatIsNone) {
  const auto history = CheckHistory::parse(std::string(line) + "{}\n" + std::string(line));
  ASSERT_FALSE(history);
  EXPECT_EQ(history.error(), 2U);
}

TEST(HistoryTest, PassesOverALineThatWasCut) {
  const std::string whole(line);
  const std::string cut = whole.substr(0, whole.size() / 2);
  for (const std::string& lines :
       {whole + cut, whole + cut + "\n" + whole, cut + whole, cut + "\n" + whole}) {
    const auto history = CheckHistory::parse(lines);
    ASSERT_TRUE(history) << lines;
    EXPECT_FALSE(history->of("a.example").empty()) << lines;
  }
  EXPECT_FALSE(CheckHistory::parse("a line of another file"));
  EXPECT_FALSE(CheckHistory::parse("{\"domain\":1}"));
}

TEST(HistoryTest, ComparesPoliciesByWhatTheyMean) {
  const auto entry_with = [](const std::string& body) {
    Facts facts = facts_at(1'700'000'000);
    facts.https.by_address.push_back({});
    facts.https.by_address.back().status = 200;
    facts.https.by_address.back().complete = true;
    facts.https.by_address.back().body = body;
    return *CheckHistory().new_entry(facts);
  };
  const HistoryEntry entry =
      entry_with("version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmx: b.example\r\nmax_age: 86400\r\n");
  const auto same = [&](const std::string& body) { return has_same_policy(entry, entry_with(body)); };
  EXPECT_TRUE(same("version: STSv1\nmode: enforce\nmx: B.example\nmx: a.example\nmax_age: 86400"));
  EXPECT_FALSE(same("version: STSv1\nmode: enforce\nmx: b.example\nmax_age: 86400\n"));
  EXPECT_FALSE(same("version: STSv1\nmode: testing\nmx: a.example\nmx: b.example\nmax_age: 86400\n"));
  HistoryEntry old = entry;  // a line from before
  old.policy_id.clear();
  EXPECT_TRUE(has_same_policy(entry, old));
  old.body_sha256 = "ab";
  EXPECT_FALSE(has_same_policy(entry, old));
}

TEST(HistoryTest, AddsWhatIsNewOrADayOldInTheFormThatItReads) {
  CheckHistory history;
  const auto first = history.new_entry(facts_at(1'700'000'000));
  ASSERT_TRUE(first);
  const auto read = CheckHistory::parse(render_line("b.example", *first));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->of("b.example").size(), 1U);
  EXPECT_TRUE(history.new_entry(facts_at(1'700'000'060)));  // not added yet
  history.add("b.example", *first);
  EXPECT_FALSE(history.new_entry(facts_at(1'700'000'060)));
  EXPECT_TRUE(history.new_entry(facts_at(1'700'090'000)));
}

TEST(HistoryTest, AddsNothingWhereDnsGaveNoAnswer) {
  Facts facts = facts_at(1'700'000'000);
  facts.conditions.resolver_answers = false;
  EXPECT_FALSE(CheckHistory().new_entry(facts));
}

}  // namespace
}  // namespace mta_sts::check
