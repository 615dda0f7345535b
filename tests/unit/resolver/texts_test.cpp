#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "resolver/admin_json.hpp"
#include "resolver/prometheus.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::resolver {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

TEST(AdminJson, IsOneLineWhateverThePolicyHolds) {
  sender::Explanation explanation;
  explanation.domain = "example.com";
  explanation.policy = sender::Explanation::Policy{};
  explanation.policy->body = "line\r\nother\xff\x01\u2028";
  const std::string line = explanation_json(explanation);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["policy"]["body"], "line\r\nother\ufffd\x01\u2028");
  EXPECT_TRUE(json["record"]["asked"].is_null());
}

TEST(AdminJson, NamesTheResultTypeThatReportsHaveForAFailedFetch) {  // R129, P22
  sender::Explanation explanation;
  explanation.failures = {{.id = "1", .at = {}, .word = "cert-expired"},
                          {.id = "2", .at = {}, .word = "policy-invalid"},
                          {.id = "3", .at = {}, .word = "http-status"},
                          {.id = "4", .at = {}, .word = "a-later-version's"}};
  const auto failures = nlohmann::json::parse(explanation_json(explanation))["failures"];
  EXPECT_EQ(failures[0]["tlsrpt"], "sts-webpki-invalid");
  EXPECT_EQ(failures[1]["tlsrpt"], "sts-policy-invalid");
  EXPECT_EQ(failures[2]["tlsrpt"], "sts-policy-fetch-error");
  EXPECT_TRUE(failures[3]["tlsrpt"].is_null());
}

TEST(AdminJson, FitsTheLineForTheLargestPolicy) {
  sender::Explanation explanation;
  explanation.policy = sender::Explanation::Policy{};
  explanation.policy->body = std::string(65536, '\n');  // two bytes each in JSON
  explanation.policy->mx.assign(65536 / 8, "a.b.c");    // "mx: a.b\n" is the shortest line of a policy
  explanation.verdict.mx = explanation.policy->mx;
  EXPECT_LE(explanation_json(explanation).size(), verdict_line_limit_bytes);
}

TEST(AdminJson, FitsTheLineForTheLongestPageOfTheList) {
  sender::CacheLine line;
  line.domain = std::string(244, 'a');
  line.id = std::string(32, 'a');
  line.mode = "enforce";
  line.fetched = line.expires = line.used = sys_seconds(seconds(9999999999));
  const std::string page = cache_list_json(std::vector<sender::CacheLine>(1000, line), true);
  EXPECT_LE(page.size(), verdict_line_limit_bytes);
  EXPECT_EQ(nlohmann::json::parse(page)["next"], line.domain);
}

TEST(AdminJson, SaysWhereTheListEnds) {
  EXPECT_TRUE(nlohmann::json::parse(cache_list_json({}, true))["next"].is_null());
  EXPECT_TRUE(nlohmann::json::parse(cache_list_json({sender::CacheLine{}}, false))["next"].is_null());
}

TEST(Prometheus, WritesCountersAndGauges) {
  const std::string text = prometheus_text(
      {{"cert-expired", 2},
       {"open-domains", 3, sender::Counter::Kind::gauge},
       {"verdicts_total{mode=\"none\",source=\"none\",reason=\"txt-none\"}", 7,
        sender::Counter::Kind::metric},
       {"fetch_seconds_bucket{le=\"+Inf\"}", 2, sender::Counter::Kind::metric},
       {"fetch_seconds_sum", 1042, sender::Counter::Kind::metric, 1000}},
      {{"closed_total{reason=\"idle\"}", 1}, {"closed_total{reason=\"garbage\"}", 4}, {"connections", 5}});
  EXPECT_NE(text.find("mta_sts_events_total{event=\"cert-expired\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("# TYPE mta_sts_open_domains gauge\nmta_sts_open_domains 3\n"), std::string::npos);
  EXPECT_NE(text.find("# TYPE mta_sts_closed_total counter\nmta_sts_closed_total{reason=\"idle\"} 1\n"
                      "mta_sts_closed_total{reason=\"garbage\"} 4\n"),
            std::string::npos);
  EXPECT_NE(text.find("# TYPE mta_sts_verdicts_total counter\n"
                      "mta_sts_verdicts_total{mode=\"none\",source=\"none\",reason=\"txt-none\"} 7\n"
                      "# TYPE mta_sts_fetch_seconds histogram\nmta_sts_fetch_seconds_bucket{le=\"+Inf\"} 2\n"
                      "mta_sts_fetch_seconds_sum 1.042\n"),
            std::string::npos);
  EXPECT_NE(text.find("# TYPE mta_sts_connections gauge\nmta_sts_connections 5\n"), std::string::npos);
}

}  // namespace
}  // namespace mta_sts::resolver
