#include "cli/publish/rollout_reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace mta_sts::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using tlsrpt::Authentication;

constexpr std::chrono::sys_days day = std::chrono::year(2026) / 3 / 2;

class RolloutReportsTest : public testing::Test {
 protected:
  RolloutReportsTest() {
    std::string name = (fs::temp_directory_path() / "rollout.XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~RolloutReportsTest() override { fs::remove_all(folder_); }

  void import(std::uint64_t success, std::uint64_t failure, Authentication authentication) {
    tlsrpt::Report report;
    report.organization = "A Sender";
    report.id = std::to_string(++number_);
    report.start = day;
    report.authentication = authentication;
    tlsrpt::PolicyReport& policy = report.policies.emplace_back();
    policy.type = "sts";
    policy.domain = policy.counted_domain = "rcpt.example";
    policy.success = success;
    policy.failure = failure;
    if (failure > 0) {
      tlsrpt::FailureDetail& detail = policy.details.emplace_back();
      detail.result_type = "certificate-expired";
      detail.host = tlsrpt::not_given;
      detail.count = failure;
    }
    tlsrpt::ReportBatch batch(1U << 20);
    batch.add(report);
    const auto history = tlsrpt::open_history(path(), tlsrpt::HistoryAccess::create);
    ASSERT_TRUE(history && (*history)->import(batch, day + std::chrono::days(1)));
  }

  [[nodiscard]] steps::NetworkAnswer judged() const {
    const auto answer = judge_reports({.name = path(), .target = {}}, "rcpt.example", day);
    return answer ? *answer : steps::NetworkAnswer{.detail = answer.error().detail};
  }

 private:
  [[nodiscard]] std::string path() const { return (folder_ / "history.sqlite").string(); }

  fs::path folder_;
  int number_ = 0;
};

TEST_F(RolloutReportsTest, CountsNoReportThatIsNotAuthentic) {
  import(0, 1'000'000'000, Authentication::not_authenticated);
  EXPECT_EQ(judged().known, steps::Known::not_known);
  import(1000, 0, Authentication::authenticated);
  EXPECT_EQ(judged().known, steps::Known::yes) << judged().detail;
  import(0, 1000, Authentication::not_checked);
  EXPECT_EQ(judged().known, steps::Known::no);
  import(1'000'000'000, 0, Authentication::not_authenticated);
  EXPECT_EQ(judged().known, steps::Known::no);
  EXPECT_THAT(judged().detail, HasSubstr("50.00 % of 2,000"));
}

}  // namespace
}  // namespace mta_sts::cli
