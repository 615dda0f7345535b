#include "tlsrpt/model/metrics.hpp"

#include <gtest/gtest.h>

#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "unit/tlsrpt/read.hpp"

namespace mta_sts::tlsrpt {
namespace {

TEST(Sessions, ShowARateWithTheDecimalsOfTheTargetBesideIt) {
  const Sessions sessions{99'997, 3};
  EXPECT_EQ(sessions.rate_beside(*Target::parse("99")), "99.99");
  EXPECT_EQ(sessions.rate_beside(*Target::parse("99.900")), "99.99");
  EXPECT_EQ(sessions.rate_beside(*Target::parse("99.996")), "99.997");
  EXPECT_EQ(Sessions().rate_beside({}), std::nullopt);
}

TEST(Target, IsReadExactly) {
  EXPECT_EQ(Target::parse("99.9")->millipercent, 99'900U);
  EXPECT_EQ(Target::parse("100")->text(), "100");
  EXPECT_EQ(Target::parse("99.950")->text(), "99.95");
  EXPECT_EQ(Target::parse("0")->text(), "0");
  for (const char* text : {"", "100.001", "99.", ".5", "99.9999", "-1", "99,9", "1000"}) {
    EXPECT_FALSE(Target::parse(text)) << text;
  }
}

TEST(SuccessRate, IsRoundedDown) {
  const auto rate = [](std::uint64_t success, std::uint64_t failure, unsigned decimals) {
    return Sessions{success, failure}.rate_percent(decimals).value_or("none");
  };
  EXPECT_EQ(rate(4521, 3, 2), "99.93");
  EXPECT_EQ(rate(998999, 1001, 2), "99.89");
  EXPECT_EQ(rate(9999999, 1, 5), "99.99999");
  EXPECT_EQ(rate(1, 0, 5), "100.00000");
  EXPECT_EQ(rate(0, 1, 2), "0.00");
  EXPECT_EQ(rate(1, 999, 2), "0.10");
  EXPECT_EQ(rate(0, 0, 2), "none");
  EXPECT_EQ(rate(UINT64_MAX, UINT64_MAX, 5), "50.00000");
  EXPECT_EQ(rate(UINT64_MAX, 1, 5), "99.99999");
}

TEST(SuccessRate, IsComparedByWholeNumbers) {
  EXPECT_EQ((Sessions{999, 1}.meets({})), true);
  EXPECT_EQ((Sessions{998'999, 1'001}.meets({})), false);
  EXPECT_EQ((Sessions{UINT64_MAX, UINT64_MAX}.meets({})), false);
  EXPECT_EQ((Sessions{0, 0}.meets({})), std::nullopt);
}

TEST(Counts, NeverWrap) {
  EXPECT_EQ(saturating_add(UINT64_MAX, 1), UINT64_MAX);
  Sessions sessions{UINT64_MAX, 0};
  sessions.add({2, 0});
  EXPECT_EQ(sessions.success, UINT64_MAX);
}

std::chrono::sys_days day(std::string_view text) {
  return *parse_day(text);
}

Metrics with_failures(std::initializer_list<std::pair<std::string_view, std::uint64_t>> days) {
  Metrics metrics;
  for (const auto& [text, failure] : days) {
    metrics.days[day(text)] = {.success = 1000, .failure = failure};
  }
  return metrics;
}

TEST(Trend, ShowsDaysWithoutReports) {
  EXPECT_TRUE(with_failures({}).gaps().empty());
  EXPECT_EQ(with_failures({{"2026-03-01", 0}, {"2026-03-04", 0}}).gaps(),
            (std::vector{day("2026-03-02"), day("2026-03-03")}));
  EXPECT_LE(with_failures({{"1970-01-01", 0}, {"9999-12-31", 0}}).gaps().size(),
            4000U);  // a report may claim any year
}

TEST(Trend, PointsOutJumps) {
  EXPECT_TRUE(with_failures({{"2026-03-01", 100}}).jumps().empty());  // nothing to compare with
  EXPECT_TRUE(with_failures({{"2026-03-01", 0}, {"2026-03-02", 4}}).jumps().empty());
  EXPECT_EQ(with_failures({{"2026-03-01", 0}, {"2026-03-02", 5}}).jumps(), std::vector{day("2026-03-02")});
  EXPECT_TRUE(with_failures({{"2026-03-01", 10}, {"2026-03-02", 29}}).jumps().empty());
  EXPECT_EQ(with_failures({{"2026-03-01", 10}, {"2026-03-02", 30}}).jumps(), std::vector{day("2026-03-02")});
  EXPECT_EQ(with_failures({{"2026-03-01", UINT64_MAX}, {"2026-03-02", UINT64_MAX}}).jumps().size(), 0U);
}

TEST(Trend, KnowsTheReportMailsAlone) {
  Metrics metrics;
  for (int i = 0; i < 7; ++i) {
    metrics.days[day("2026-03-01") + std::chrono::days(i)] = {.success = 1, .failure = 0};
  }
  EXPECT_TRUE(metrics.has_only_report_mails());
  metrics.days[day("2026-03-01")] = {.success = 2, .failure = 0};
  EXPECT_FALSE(metrics.has_only_report_mails());
}

Report one_report(std::string_view policies, std::string_view more = "") {
  return read_bytes(report_text(policies, more)).reports.at(0);
}

std::string failing_policy(std::string_view type, std::string_view success, std::string_view failure,
                           std::string_view result_type) {
  return R"({"policy":{"policy-type":")" + std::string(type) + R"(","policy-domain":"rcpt.example"})" +
         counts_text(success, failure) + R"(,"failure-details":[{"result-type":")" +
         std::string(result_type) +
         R"(","receiving-mx-hostname":"mx1.rcpt.example","failed-session-count":1}]})";
}

TEST(Totals, CountSessionsOfDaneAndStsOnceByTheOneThatFailsMore) {
  const std::string good = policy_text("", counts_text("3", "0"));
  Metrics dane;
  dane.add(one_report(good + "," + failing_policy("tlsa", "2", "1", "validation-failure")), {});
  EXPECT_EQ(dane.total, (Sessions{2, 1}));
  EXPECT_EQ(dane.types["validation-failure"].count, 1U);
  EXPECT_EQ(dane.policy_types["sts"], (Sessions{3, 0}));
  EXPECT_EQ(dane.policy_types["tlsa"], (Sessions{2, 1}));
  Metrics equal;
  equal.add(one_report(failing_policy("sts", "3", "1", "certificate-expired") + "," +
                       failing_policy("tlsa", "2", "1", "validation-failure")),
            {});
  EXPECT_EQ(equal.total, (Sessions{3, 1}));
  EXPECT_EQ(equal.types.size(), 1U);
  Metrics alone;
  alone.add(one_report(failing_policy("tlsa", "2", "1", "certificate-expired")), {});
  EXPECT_EQ(alone.total, (Sessions{2, 1}));
}

TEST(Totals, HideNoFailureThatOneKindOfPolicyAloneCanHave) {
  for (const auto& [counted, hidden] : {std::pair("sts", "tlsa"), std::pair("tlsa", "sts")}) {
    const std::string_view type = std::string_view(hidden) == "sts" ? "sts-policy-invalid" : "tlsa-invalid";
    Metrics metrics;
    metrics.add(one_report(failing_policy(counted, "0", "2", "certificate-expired") + "," +
                           failing_policy(hidden, "1", "1", type)),
                {});
    EXPECT_EQ(metrics.total, (Sessions{0, 2}));
    EXPECT_EQ(metrics.types.size(), 2U) << type;
  }
}

TEST(Totals, KnowFailuresWithoutDetails) {
  Metrics metrics;
  metrics.add(one_report(policy_text("", counts_text("1", "5"))), {});
  EXPECT_EQ(metrics.without_details, 5U);
}

TEST(Totals, KeepTablesSmall) {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::table_limit + 10; ++i) {
    const std::string host = "h" + std::to_string(i);
    metrics.add(FailureRow{.result_type = "x", .host = host, .count = 1});
  }
  EXPECT_LE(metrics.hosts.size(), Metrics::table_limit + 1);
  EXPECT_EQ(metrics.hosts.find(Metrics::table_rest)->second.count, 10U);
  EXPECT_LE(metrics.failures.size(), Metrics::table_limit + 1);
  EXPECT_LE(metrics.places.size(), Metrics::table_limit + 1);
  const PackedFailurePlace rest({.result_type = Metrics::table_rest, .host = Metrics::table_rest});
  EXPECT_EQ(metrics.places.at(rest).count, 10U);
}

TEST(FailurePlaces, KeepTheirFieldsApart) {
  Metrics metrics;
  const FailureRow row{.result_type = "x",
                       .host = "mx1",
                       .count = 2,
                       .receiving_ip = "192.0.2.1",
                       .sending_ip = "192.0.2.2",
                       .helo = "mail",
                       .reason_code = "7",
                       .information = "why"};
  FailureRow moved = row;
  moved.receiving_ip = {};
  moved.sending_ip = row.receiving_ip;
  metrics.add(row);
  metrics.add(row);
  metrics.add(moved);
  ASSERT_EQ(metrics.places.size(), 2U);
  const FailurePlace first = metrics.places.begin()->first.place();
  EXPECT_EQ(first.receiving_ip, "");
  EXPECT_EQ(first.sending_ip, "192.0.2.1");
  const auto& [packed, failures] = *metrics.places.rbegin();
  const FailurePlace last = packed.place();
  EXPECT_EQ(failures.count, 4U);
  EXPECT_EQ(last.result_type, "x");
  EXPECT_EQ(last.host, "mx1");
  EXPECT_EQ(last.receiving_ip, "192.0.2.1");
  EXPECT_EQ(last.sending_ip, "192.0.2.2");
  EXPECT_EQ(last.helo, "mail");
  EXPECT_EQ(last.reason_code, "7");
  EXPECT_EQ(last.information, "why");
}

TEST(FailurePlaces, ShiftNoFieldForANul) {
  using namespace std::string_view_literals;
  const PackedFailurePlace packed({.result_type = "x", .host = "a\0b\0"sv, .helo = "mail"});
  EXPECT_EQ(packed.place().host, "a\uFFFDb\uFFFD");
  EXPECT_EQ(packed.place().helo, "mail");
}

TEST(Duplicates, KnowAReportByItsFourMarks) {  // R145
  Duplicates duplicates;
  const std::string policy = policy_text("", counts_text("1", "0"));
  EXPECT_EQ(duplicates.judge(one_report(policy)), Novelty::fresh);
  EXPECT_EQ(duplicates.judge(one_report(policy)), Novelty::duplicate);
  EXPECT_EQ(duplicates.judge(one_report(policy_text("", counts_text("2", "0")))), Novelty::conflict);
  EXPECT_EQ(duplicates.judge(one_report(policy, R"("report-id":"r-2",)")), Novelty::fresh);
  EXPECT_EQ(duplicates.judge(one_report(policy, R"("organization-name":"Other",)")), Novelty::fresh);
  EXPECT_EQ(duplicates.judge(one_report(R"({"policy":{"policy-type":"sts","policy-domain":"two.example"})" +
                                        counts_text("1", "0") + "}")),
            Novelty::fresh);
  EXPECT_EQ(duplicates.left_out().duplicates, 1U);
  EXPECT_EQ(duplicates.left_out().conflicts, 1U);
}

TEST(KeyMark, IsTheSameInEveryVersion) {  // histories keep it
  EXPECT_EQ(key_mark("Sender Ltd", "r-1", "2026-03-02T00:00:00Z", "rcpt.example"),
            11432'345'750'833'317'110U);
}

TEST(KeyMark, DependsOnEachPartAndWhereItEnds) {
  const std::uint64_t mark = key_mark("a", "b", "c", "d");
  for (const std::uint64_t other :
       {key_mark("x", "b", "c", "d"), key_mark("a", "x", "c", "d"), key_mark("a", "b", "x", "d"),
        key_mark("a", "b", "c", "x"), key_mark("ab", "", "c", "d"), key_mark("", "ab", "c", "d")}) {
    EXPECT_NE(mark, other);
  }
}

TEST(Duplicates, AreJudgedByContentWithoutAnId) {
  Duplicates duplicates;
  const auto report = [](std::string_view success) {
    return read_bytes(R"({"organization-name":"a","policies":[)" +
                      policy_text("", counts_text(success, "0")) + "]}")
        .reports.at(0);
  };
  EXPECT_EQ(duplicates.judge(report("1")), Novelty::fresh);
  EXPECT_EQ(duplicates.judge(report("1")), Novelty::duplicate);
  EXPECT_EQ(duplicates.judge(report("2")), Novelty::fresh);
}

TEST(Duplicates, DoNotMindTheOrderOfPoliciesAndDetails) {
  const std::string a = policy_text("", counts_text("1", "0"));
  const std::string b =
      R"({"policy":{"policy-type":"sts","policy-domain":"two.example"})" + counts_text("2", "0") + "}";
  EXPECT_EQ(content_mark(one_report(a + "," + b)), content_mark(one_report(b + "," + a)));
  EXPECT_EQ(key_of(one_report(a + "," + b)), key_of(one_report(b + "," + a)));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
