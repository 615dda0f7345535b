#include "spool/spool.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace mta_sts::spool {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

/// A folder with spools on it, each of which counts as a process of its own does.
class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string name = (fs::temp_directory_path() / "spool.XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~SpoolTest() override { fs::remove_all(folder_); }

  // Puts a report of its own; whether it was stored.
  bool put(Spool& spool, std::size_t bytes = 20, milliseconds now = milliseconds(1)) {
    std::string report = "{" + std::to_string(++number_);
    report.resize(bytes, ' ');
    return spool.put(report, now).has_value();
  }

  std::size_t files() {
    const fs::directory_iterator all(folder_ / "new");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  fs::path folder_;
  int number_ = 0;
};

TEST_F(SpoolTest, CountsWhatOtherProcessesStoreAsItFills) {
  for (const std::size_t limit : {1U, 20U, 300U}) {
    fs::remove_all(folder_ / "new");
    const SpoolLimits limits{.files = limit};
    Spool one(folder_, limits);
    Spool other(folder_, limits);
    for (std::size_t turn = 0; turn < limit; ++turn) {
      (void)put(one);
      (void)put(other);
    }
    EXPECT_EQ(files(), limit);
  }
}

TEST_F(SpoolTest, CountsTheBytesOfOtherProcessesToo) {
  const SpoolLimits limits{.bytes = 10'000};
  Spool one(folder_, limits);
  Spool other(folder_, limits);
  for (int turn = 0; turn < 20; ++turn) {
    (void)put(one, 1000);
    (void)put(other, 1000);
  }
  EXPECT_EQ(files(), 10U);
}

TEST_F(SpoolTest, TakesReportsAgainTenSecondsAfterTheFolderWasEmptied) {
  Spool spool(folder_, {.files = 2});
  EXPECT_TRUE(put(spool));
  EXPECT_TRUE(put(spool));
  EXPECT_FALSE(put(spool));
  fs::remove_all(folder_ / "new");
  EXPECT_FALSE(put(spool, 20, milliseconds(10'000)));
  EXPECT_TRUE(put(spool, 20, milliseconds(10'001)));
}

}  // namespace
}  // namespace mta_sts::spool
