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
  HostFact& host = facts.dns.hosts.emplace_back();
  host.name = "mta-sts.b.example";
  host.a_status = host.aaaa_status = DnsStatus::nx_domain;
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

TEST(HistoryTest, BeginsWithNothingOnlyWhereThatWasSeen) {
  Facts facts = facts_at(1'700'000'000);
  facts.dns.hosts.front().a_status = DnsStatus::serv_fail;
  EXPECT_FALSE(CheckHistory().new_entry(facts));
  facts = facts_at(1'700'000'000);
  facts.https.by_address.emplace_back().reach = Reach::timeout;
  EXPECT_FALSE(CheckHistory().new_entry(facts));
  facts.https.by_address.back().reach = Reach::refused;
  EXPECT_TRUE(CheckHistory().new_entry(facts));
  facts.dns.sts.answer.status = DnsStatus::no_error;
  facts.dns.sts.answer.records = {
      std::vector<std::string>{"v=STSv1; id=1;"},
      std::vector<std::string>{"v=STSv1; id=2;"}};  // no valid record, and yet a trace
  EXPECT_FALSE(CheckHistory().new_entry(facts));
}

TEST(HistoryTest, TakesNoTimeBeyondTheYear9999) {
  const auto at = [](const std::string& seen) {
    std::string changed(line);
    return CheckHistory::parse(changed.replace(changed.find("1700000000"), 10, seen)).has_value();
  };
  EXPECT_TRUE(at("253402300799"));
  EXPECT_FALSE(at("253402300800"));
  EXPECT_FALSE(at("9223372036854775807"));
  EXPECT_FALSE(at("-1"));
}

TEST(HistoryTest, AddsNothingWhereDnsGaveNoAnswer) {
  Facts facts = facts_at(1'700'000'000);
  facts.conditions.resolver_answers = false;
  EXPECT_FALSE(CheckHistory().new_entry(facts));
}

}  // namespace
}  // namespace mta_sts::check
