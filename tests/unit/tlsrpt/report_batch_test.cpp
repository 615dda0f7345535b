#include "tlsrpt/history/report_batch.hpp"

#include <gtest/gtest.h>

#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::tlsrpt {
namespace {

/// Writes down what a batch gives.
class Listing final : public BatchSink {
 public:
  bool report(const BatchReport& report) override {
    lines.push_back("report " + std::string(report.id) + " of " + std::string(report.organization) + " " +
                    std::string(report.start) + " " + std::string(report.domain) + " " +
                    std::string(report.contact) + " " + std::to_string(report.sessions.success) + "+" +
                    std::to_string(report.sessions.failure) + " " +
                    std::string(to_string(report.authentication)));
    content = report.content;
    return report.id != unwanted;
  }
  void session(const SessionRow& row) override {
    lines.push_back("session " + day_of(row.day) + std::string(row.domain) + " " +
                    std::string(row.organization) + " " + std::string(row.policy_type) + " " +
                    std::to_string(row.sessions.success) + "+" + std::to_string(row.sessions.failure) + " " +
                    std::to_string(row.in_details) + (row.is_shadowed ? " shadowed " : " ") +
                    std::string(to_string(row.authentication)));
  }
  void failure(const FailureRow& row) override {
    std::string line = "failure " + day_of(row.day);
    for (const std::string_view text :
         {row.domain, row.organization, row.result_type, row.host, row.receiving_ip, row.sending_ip, row.helo,
          row.reason_code, row.information}) {
      line += std::string(text) + " ";
    }
    lines.push_back(line + std::to_string(row.count) + (row.is_shadowed ? " shadowed" : "") +
                    (row.is_outside_policy ? " outside" : ""));
  }

  std::string unwanted;
  std::vector<std::string> lines;
  std::int64_t content = 0;

 private:
  static std::string day_of(const std::optional<std::chrono::sys_days>& day) {
    return (day ? render_day(*day) : "undated") + " ";
  }
};

Report report_of(std::string id, std::string_view day) {
  Report report;
  report.organization = "Sender";
  report.id = std::move(id);
  if (const auto parsed = parse_day(day)) {
    report.start = *parsed;
  }
  PolicyReport& policy = report.policies.emplace_back();
  policy.type = "sts";
  policy.success = 7;
  policy.failure = 1;
  policy.counted_domain = "a.example";
  return report;
}

constexpr std::size_t room = 100'000;

std::vector<std::string> ids(ReportBatch& batch) {
  Listing listing;
  batch.visit(listing);
  std::vector<std::string> found;
  for (const std::string& line : listing.lines) {
    if (line.starts_with("report ")) {
      found.push_back(line.substr(7, line.find(" of ") - 7));
    }
  }
  return found;
}

TEST(ReportBatch, GivesAllThatIsKeptOfAReport) {
  Report report = report_of("r-1", "2026-03-02");
  report.contact = "mail to: tls@sender.example";
  report.authentication = Authentication::authenticated;
  report.policies[0].success = UINT64_MAX;
  report.policies[0].details.push_back({.result_type = "certificate-expired",
                                        .host = "mx1.a.example",
                                        .receiving_ip = "198.51.100.7",
                                        .sending_ip = "192.0.2.1",
                                        .helo = "out",
                                        .reason_code = "5",
                                        .additional_information = std::string(300, 'x'),
                                        .count = 1,
                                        .is_outside_policy = true});
  PolicyReport& other = report.policies.emplace_back();
  other.success = 1;
  other.failure = 300;
  other.is_shadowed = true;
  ReportBatch batch(room);
  batch.add(report);
  Listing listing;
  batch.visit(listing);
  const std::string most = std::to_string(UINT64_MAX);
  EXPECT_EQ(listing.content, static_cast<std::int64_t>(content_mark(report)));
  EXPECT_EQ(listing.lines, (std::vector<std::string>{
                               "report r-1 of Sender 2026-03-02T00:00:00Z  mail to: tls@sender.example " +
                                   most + "+1 authenticated",
                               "failure 2026-03-02 a.example Sender certificate-expired mx1.a.example "
                               "198.51.100.7 192.0.2.1 out 5 " +
                                   std::string(300, 'x') + " 1 outside",
                               "session 2026-03-02 a.example Sender sts " + most + "+1 1 authenticated",
                               "session 2026-03-02 - Sender - 1+300 0 shadowed authenticated"}));
}

TEST(ReportBatch, GivesTheDaysInTheirOrderAndTheReportsOfADayAsTheyCame) {
  ReportBatch batch(room);
  for (const auto& [id, day] :
       {std::pair("5a", "2026-03-05"), std::pair("2a", "2026-03-02"), std::pair("none", ""),
        std::pair("5b", "2026-03-05"), std::pair("2b", "2026-03-02")}) {
    batch.add(report_of(id, day));
  }
  EXPECT_EQ(ids(batch), (std::vector<std::string>{"none", "2a", "2b", "5a", "5b"}));
}

TEST(ReportBatch, LeavesOutTheRowsOfAReportThatIsNotWanted) {
  ReportBatch batch(room);
  batch.add(report_of("known", "2026-03-02"));
  batch.add(report_of("new", "2026-03-02"));
  Listing listing;
  listing.unwanted = "known";
  batch.visit(listing);
  ASSERT_EQ(listing.lines.size(), 3U);
  EXPECT_TRUE(listing.lines[1].starts_with("report new"));
}

TEST(ReportBatch, TakesFewBytesForReportsOfTheSameNames) {
  ReportBatch batch(100'000);
  for (int i = 0; i < 1000; ++i) {
    batch.add(report_of("report-" + std::to_string(i), "2026-03-02"));
  }
  EXPECT_FALSE(batch.is_full());
}

TEST(ReportBatch, IsFullOfTheTextsOfOneReportToo) {
  ReportBatch batch(100'000);
  Report large = report_of("large", "2026-03-02");
  large.contact = std::string(100'000, 'x');
  batch.add(large);
  EXPECT_TRUE(batch.is_full());
  batch.clear();
  EXPECT_FALSE(batch.is_full());
}

TEST(ReportBatch, IsEmptyOnceItIsCleared) {
  ReportBatch batch(room);
  EXPECT_TRUE(batch.empty());
  batch.add(report_of("r-1", "2026-03-02"));
  EXPECT_FALSE(batch.empty());
  batch.clear();
  EXPECT_TRUE(batch.empty());
  batch.add(report_of("r-2", "2026-03-02"));
  EXPECT_EQ(ids(batch), (std::vector<std::string>{"r-2"}));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
