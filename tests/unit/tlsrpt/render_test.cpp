#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "base/prometheus.hpp"
#include "tlsrpt/model/failure_types.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/render_csv.hpp"
#include "tlsrpt/render/render_html.hpp"
#include "tlsrpt/render/render_json.hpp"
#include "tlsrpt/render/render_prometheus.hpp"
#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::tlsrpt {
namespace {

std::string plain(TextRole, std::string_view text) {
  return std::string(text);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view evil = "\"'><script>alert(1)</script>\x1b[2J\n=cmd()\u202Eevil\\";

Metrics evil_metrics() {
  Metrics metrics;
  const auto day = parse_day("2026-03-02");
  metrics.add(FailureRow{
      .day = day, .domain = evil, .organization = evil, .result_type = evil, .host = evil, .count = 2});
  metrics.add(SessionRow{.day = day,
                         .domain = evil,
                         .organization = evil,
                         .policy_type = evil,
                         .sessions = {1, 2},
                         .in_details = 2});
  metrics.add(
      SessionRow{.day = day, .domain = "b", .organization = "b", .policy_type = "b", .sessions = {1, 0}});
  return metrics;
}

// No byte that a terminal obeys, and no character that turns text around.
void expect_tame(const std::string& text) {
  for (const char c : text) {
    EXPECT_TRUE(c == '\n' || c == '\r' || static_cast<unsigned char>(c) >= 0x20);
  }
  EXPECT_FALSE(has(text, "\u202E"));
}

TEST(HostileText, IsTameEverywhere) {
  const Metrics metrics = evil_metrics();
  expect_tame(render_text(metrics, {}, {}, plain));
  expect_tame(render_prometheus(metrics, {}, 0, {}));
  expect_tame(render_summary_json(metrics, {}, {}));
  expect_tame(render_csv(SessionRow{.domain = evil, .organization = evil, .policy_type = evil}));
  expect_tame(
      render_csv(FailureRow{.domain = evil, .organization = evil, .result_type = evil, .host = evil}));
  expect_tame(render_conflicts(
      {{.key = {std::string(evil), std::string(evil), std::string(evil), std::string(evil)}}}));
  expect_tame(render_html({.metrics = metrics,
                           .breakdown = {metrics, html_sections},
                           .left_out = {},
                           .target = {},
                           .domain = std::string(evil),
                           .made = {}}));
}

TEST(Html, ShowsForeignTextAsText) {
  const Metrics metrics = evil_metrics();
  const std::string page = render_html({.metrics = metrics,
                                        .breakdown = {metrics, html_sections},
                                        .left_out = {},
                                        .target = {},
                                        .domain = std::string(evil),
                                        .made = {}});
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_TRUE(has(page, "&lt;script&gt;"));
  EXPECT_FALSE(has(page, "style=\""));  // the policy allows no inline style
}

TEST(Html, TakesHistoriesOfEveryShape) {
  for (const auto& [first, last] :
       {std::pair("2026-03-02", "2026-03-02"), std::pair("1970-01-01", "9999-12-31")}) {
    Metrics metrics;
    for (const char* text : {first, last}) {
      metrics.add(SessionRow{.day = parse_day(text),
                             .domain = "a",
                             .organization = "a",
                             .policy_type = "sts",
                             .sessions = {UINT64_MAX, UINT64_MAX}});
    }
    EXPECT_TRUE(has(render_html({.metrics = metrics,
                                 .breakdown = {metrics, html_sections},
                                 .left_out = {},
                                 .target = {},
                                 .domain = "",
                                 .made = {}}),
                    "</html>"));
  }
  EXPECT_TRUE(has(render_html({.metrics = {},
                               .breakdown = {{}, html_sections},
                               .left_out = {},
                               .target = {},
                               .domain = "",
                               .made = {}}),
                  "no session was reported"));
}

TEST(Text, SaysHowManyFailuresHaveNoDetails) {
  Metrics metrics;
  metrics.add(SessionRow{.domain = "a", .organization = "o", .policy_type = "sts", .sessions = {1, 3}});
  EXPECT_TRUE(has(render_text(metrics, {}, {}, plain), "  FAILURE: 3 sessions without details\n"));
}

TEST(Csv, DisarmsFormulas) {
  for (const char* text : {"=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"}) {
    EXPECT_TRUE(render_csv_field(text).starts_with("\"'")) << text;
  }
  EXPECT_EQ(render_csv_field("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(render_csv_field("-"), "\"-\"");  // what stands for a value that was not given
  EXPECT_EQ(render_csv_field(""), "\"\"");
  EXPECT_EQ(render_csv_field("a,b\nc"), "\"a,b\\x0ac\"");
}

TEST(Prometheus, EscapesLabels) {
  EXPECT_EQ(prometheus::render_label("a\"b\\c\nd"), "a\\\"b\\\\\\\\c\\\\x0ad");
  EXPECT_TRUE(has(render_prometheus({}, {}, 0, {}), "mta_sts_tlsrpt_target_ratio 0.99900\n"));
}

TEST(Prometheus, KeepsSeriesFew) {
  Metrics metrics;
  for (std::size_t i = 0; i < series_limit + 5; ++i) {
    const std::string name = "d" + std::to_string(i);
    metrics.add(SessionRow{.domain = name, .organization = "o", .policy_type = "sts", .sessions = {1, 0}});
    metrics.add(FailureRow{.result_type = "x", .host = name, .count = 1});
  }
  const std::string text = render_prometheus(metrics, {}, 0, {});
  EXPECT_TRUE(has(text, "mta_sts_tlsrpt_sessions{domain=\"(others)\",result=\"success\"} 5\n"));
  EXPECT_TRUE(has(text, "mta_sts_tlsrpt_failed_sessions{type=\"(others)\",host=\"(others)\"} 5\n"));
}

TEST(Prometheus, HasNoSeriesTwice) {
  Metrics metrics;
  const std::string front(300, 'x');
  for (const std::string end : {"a", "b"}) {
    metrics.add(SessionRow{
        .domain = front + end, .organization = front + end, .policy_type = "sts", .sessions = {1, 2}});
    metrics.add(FailureRow{.result_type = front + end, .host = front + end, .count = 2});
  }
  metrics.add(
      SessionRow{.domain = "(others)", .organization = "o", .policy_type = "sts", .sessions = {1, 0}});
  std::set<std::string> series;
  std::istringstream lines(render_prometheus(metrics, {}, 0, {}));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.starts_with('#') || series.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
  EXPECT_TRUE(has(render_prometheus(metrics, {}, 0, {}), "\"} 4\n"));  // their failures together
}

TEST(FailureTypes, AreAllOfTheRfc) {
  for (const char* name :  // RFC 8460 section 4.3
       {"starttls-not-supported", "certificate-host-mismatch", "certificate-expired",
        "certificate-not-trusted", "validation-failure", "tlsa-invalid", "dnssec-invalid", "dane-required",
        "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid"}) {
    const FailureType* type = find_failure_type(name);
    ASSERT_NE(type, nullptr) << name;
    EXPECT_FALSE(type->cause.empty() || type->fix.empty() || type->checks.empty()) << name;
  }
  EXPECT_EQ(find_failure_type("certificate-lost"), nullptr);
}

}  // namespace
}  // namespace mta_sts::tlsrpt
