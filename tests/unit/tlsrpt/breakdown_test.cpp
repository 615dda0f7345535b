#include "tlsrpt/model/breakdown.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/html_breakdown.hpp"

namespace mta_sts::tlsrpt {
namespace {

struct Rows {
  std::vector<SessionRow> sessions;
  std::vector<FailureRow> failures;

  [[nodiscard]] Metrics metrics() const {
    Metrics sums;
    std::ranges::for_each(failures, [&](const FailureRow& row) { sums.add(row); });
    std::ranges::for_each(sessions, [&](const SessionRow& row) { sums.add(row); });
    return sums;
  }
  [[nodiscard]] Breakdown breakdown(std::size_t limit) const {
    Breakdown made(metrics(), limit);
    std::ranges::for_each(failures, [&](const FailureRow& row) { made.failure(row); });
    std::ranges::for_each(sessions, [&](const SessionRow& row) { made.session(row); });
    return made;
  }
};

SessionRow session(std::string_view domain, std::string_view organization, Sessions sessions) {
  return {.domain = domain, .organization = organization, .policy_type = "sts", .sessions = sessions};
}

FailureRow failure(std::string_view domain, std::string_view organization, std::string_view host,
                   std::string_view day, std::uint64_t count) {
  return {.day = parse_day(day),
          .domain = domain,
          .organization = organization,
          .result_type = "certificate-expired",
          .host = host,
          .count = count,
          .receiving_ip = "203.0.113.25",
          .sending_ip = "198.51.100.42"};
}

Rows three_domains() {
  return {.sessions = {session("a.example", "Google", {100, 3}), session("b.example", "Google", {100, 7}),
                       session("b.example", "Microsoft", {50, 0}), session("c.example", "Microsoft", {9, 0})},
          .failures = {failure("a.example", "Google", "mx1", "2026-03-02", 3),
                       failure("b.example", "Google", "mx1", "2026-03-04", 2),
                       failure("b.example", "Google", "mx2", "2026-03-01", 5)}};
}

TEST(Breakdown, LooksAtTheNamesThatFailMost) {
  const Breakdown breakdown = three_domains().breakdown(2);
  EXPECT_EQ(breakdown.domains().names(), (std::vector<std::string>{"b.example", "a.example"}));
  EXPECT_EQ(breakdown.organizations().names(), std::vector<std::string>{"Google"});  // Microsoft's were well
  EXPECT_EQ(breakdown.hosts().names(), (std::vector<std::string>{"mx1", "mx2"}));
  EXPECT_EQ(three_domains().breakdown(1).domains().names(), std::vector<std::string>{"b.example"});
}

TEST(Breakdown, LeavesASingleDomainOut) {
  const Rows rows{.sessions = {session("a.example", "Google", {1, 3})}, .failures = {}};
  EXPECT_TRUE(rows.breakdown(9).domains().names().empty());
  EXPECT_EQ(rows.breakdown(9).organizations().names().size(), 1U);
}

TEST(Breakdown, KeepsWhatConcernsThoseNamesAlone) {
  Rows rows = three_domains();
  rows.failures.push_back(failure("c.example", "Other", "mx3", "2026-03-01", 1));
  const Breakdown breakdown = rows.breakdown(1);
  EXPECT_EQ(breakdown.spots().size(), 3U);
  EXPECT_EQ(breakdown.pairs().size(), 3U);
  EXPECT_TRUE(breakdown.is_complete());
}

TEST(Breakdown, CountsSessionsOfDaneAndStsOnce) {
  Rows rows = three_domains();
  rows.sessions.push_back(session("a.example", "Google", {100, 3}));
  rows.sessions.back().is_shadowed = true;
  rows.failures.push_back(failure("a.example", "Google", "mx9", "2026-03-02", 3));
  rows.failures.back().is_shadowed = true;
  const Breakdown breakdown = rows.breakdown(9);
  EXPECT_EQ(breakdown.pairs().at({"a.example", "Google"}), (Sessions{100, 3}));
  EXPECT_FALSE(breakdown.hosts().contains("mx9"));
}

TEST(Breakdown, SaysWhereItIsNotComplete) {
  Rows rows = three_domains();
  const Metrics metrics = rows.metrics();
  Breakdown breakdown(metrics, 1);
  for (std::size_t i = 0; i <= Breakdown::table_limit; ++i) {
    breakdown.failure(failure("b.example", std::to_string(i), "mx1", "2026-03-02", 1));
  }
  EXPECT_EQ(breakdown.spots().size(), Breakdown::table_limit);
  EXPECT_FALSE(breakdown.is_complete());
  EXPECT_NE(render_html_breakdown(metrics, breakdown, {}).find("lack a part"), std::string::npos);
}

TEST(HtmlBreakdown, LinksDomainsSendersAndHosts) {
  const Rows rows = three_domains();
  const Metrics metrics = rows.metrics();
  const std::string page = render_html_breakdown(metrics, rows.breakdown(9), {});
  const auto section = [&](const std::string& id) {
    const std::size_t begin = page.find("id=\"" + id + "\"");
    return begin == std::string::npos ? "" : page.substr(begin, page.find("</section>", begin) - begin);
  };
  const auto has = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  const std::string domain = section("domain-1");
  EXPECT_TRUE(has(domain, "<h2>Domain: b.example</h2>"));
  EXPECT_TRUE(has(domain, "95.54 % (150 ok, 7 failed)"));
  EXPECT_TRUE(has(domain,
                  "failed) &middot; failures from <span class=\"date\">2026-03-01</span> to <span "
                  "class=\"date\">2026-03-04</span></p>"));
  EXPECT_TRUE(has(domain, "<caption>Sessions by sender</caption>"));
  EXPECT_TRUE(has(section("sender-1"), "<caption>Sessions by domain</caption>"));
  EXPECT_TRUE(has(domain, "<a href=\"#sender-1\">Google</a>"));
  EXPECT_TRUE(has(domain, "<a href=\"#host-1\">mx1</a></th><td>203.0.113.25</td>"));
  EXPECT_TRUE(has(domain, "<td>198.51.100.42</td>"));
  EXPECT_TRUE(has(domain, "<th scope=\"row\">Microsoft</th>"));  // without a section
  EXPECT_TRUE(has(domain, "<a href=\"#domains\">"));
  EXPECT_TRUE(has(section("sender-1"), "<a href=\"#domain-2\">a.example</a>"));
  EXPECT_TRUE(has(section("host-1"), "<a href=\"#domain-1\">b.example</a>"));
  EXPECT_TRUE(has(section("host-1"), "certificate-expired"));
  EXPECT_FALSE(has(page, "What has no section here"));
}

TEST(HtmlBreakdown, SaysHowToSeeTheOthers) {
  const Rows rows = three_domains();
  const std::string page = render_html_breakdown(rows.metrics(), rows.breakdown(1), {});
  EXPECT_NE(page.find("<li>1 more domain with failed sessions</li>\n<li>1 more host with"),
            std::string::npos);
  EXPECT_NE(page.find("mta-sts tlsrpt show --domain DOMAIN"), std::string::npos);
}

}  // namespace
}  // namespace mta_sts::tlsrpt
