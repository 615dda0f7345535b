#include "metrics/page.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace mta_sts::metrics {
namespace {

std::string page_of(const CountedSums& sums, const std::vector<StoreSample>& stores = {}) {
  return render_page({.version = "1.2.3", .server = "nginx/1.22.1"}, sums, stores);
}

bool has_line(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

TEST(Counters, SumsWhatAllWorkersCounted) {
  const auto counters = std::make_unique<Counters>();
  for (std::size_t worker = 0; worker < 1000; ++worker) {
    counters->count(worker, Counted::status_200);
  }
  counters->count(static_cast<std::size_t>(-1), counted_answer(304));
  counters->count(7, counted_report(201));
  const std::string page = page_of(counters->sums());
  EXPECT_TRUE(has_line(page, "mta_sts_web_answers_total{status=\"200\"} 1000")) << page;
  EXPECT_TRUE(has_line(page, "mta_sts_web_answers_total{status=\"304\"} 1")) << page;
  EXPECT_TRUE(has_line(page, "mta_sts_web_reports_total{result=\"stored\"} 1")) << page;
  EXPECT_TRUE(has_line(page, "mta_sts_web_store_faults_total 0")) << page;
}

// A graceful restart keeps the memory: another layout must have another name, whatever its size.
TEST(Counters, AreNamedByWhatIsAtWhichPlace) {
  EXPECT_EQ(counters_layout(), std::to_string(sizeof(Counters)) +
                                   "-200-304-404-405-503-other-stored-repeated-refused-failed-fault");
}

TEST(Counters, KnowEveryStatus) {
  EXPECT_EQ(counted_answer(404), Counted::status_404);
  EXPECT_EQ(counted_answer(405), Counted::status_405);
  EXPECT_EQ(counted_answer(503), Counted::status_503);
  EXPECT_EQ(counted_answer(412), Counted::status_other);
  EXPECT_EQ(counted_answer(0), Counted::status_other);
  EXPECT_EQ(counted_report(200), Counted::report_repeated);
  EXPECT_EQ(counted_report(503), Counted::report_failed);
  for (const int status : {400, 405, 413, 415}) {
    EXPECT_EQ(counted_report(status), Counted::report_refused);
  }
}

TEST(MetricsPage, SaysWhatRuns) {
  EXPECT_TRUE(has_line(page_of({}), "mta_sts_web_build_info{version=\"1.2.3\",server=\"nginx/1.22.1\"} 1"));
}

TEST(MetricsPage, HasNothingOfStoresWhereThereIsNone) {
  EXPECT_EQ(page_of({}).find("mta_sts_web_store_readable"), std::string::npos);
}

TEST(MetricsPage, KeepsLongPathsApart) {
  const std::string folder = "/" + std::string(250, 'a') + "/";
  const std::vector<StoreSample> stores{{.path = folder + "one.mdb", .facts = {}},
                                        {.path = folder + "two.mdb", .facts = {}}};
  const std::string page = render_page({}, {}, stores);
  for (const StoreSample& store : stores) {
    EXPECT_NE(page.find("mta_sts_web_store_readable{store=\"" + store.path + "\"} 0\n"), std::string::npos);
  }
}

TEST(MetricsPage, TellsOfEachStore) {
  const store::StoreFacts facts{
      .domains = 3, .profiles = 2, .file_bytes = 65536, .changed_seconds = 1767225600};
  const std::string page = page_of({}, {{.path = "/a \"b\"", .facts = facts}, {.path = "/c", .facts = {}}});
  EXPECT_TRUE(has_line(page, R"(mta_sts_web_store_readable{store="/a \"b\""} 1)")) << page;
  EXPECT_TRUE(has_line(page, R"(mta_sts_web_store_readable{store="/c"} 0)")) << page;
  EXPECT_TRUE(has_line(page, R"(mta_sts_web_store_domains{store="/a \"b\""} 3)")) << page;
  EXPECT_TRUE(has_line(page, R"(mta_sts_web_store_profiles{store="/a \"b\""} 2)")) << page;
  EXPECT_TRUE(has_line(page, R"(mta_sts_web_store_size_bytes{store="/a \"b\""} 65536)")) << page;
  EXPECT_TRUE(has_line(page, R"(mta_sts_web_store_changed_timestamp_seconds{store="/a \"b\""} 1767225600)"))
      << page;
  EXPECT_EQ(page.find("domains{store=\"/c\"}"), std::string::npos);  // not known
}

}  // namespace
}  // namespace mta_sts::metrics
