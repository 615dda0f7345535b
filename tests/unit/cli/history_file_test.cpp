#include "cli/check/history_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace mta_sts::cli {
namespace {

class HistoryFileTest : public testing::Test {
 protected:
  HistoryFileTest() { folder_ = mkdtemp(folder_.data()); }
  ~HistoryFileTest() override { std::filesystem::remove_all(folder_); }

  static check::Facts facts() {
    check::Facts facts;
    facts.domain = "a.example";
    facts.conditions.now = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
    facts.conditions.resolver_answers = true;
    facts.dns.hosts.emplace_back().name = "mta-sts.a.example";  // without an address
    return facts;
  }

  std::string folder_ = testing::TempDir() + "history-XXXXXX";
};

TEST_F(HistoryFileTest, WritesAgainWhatItCouldNotWrite) {
  const std::string path = folder_ + "/later/history";
  auto file = HistoryFile::read(path);
  ASSERT_TRUE(file);
  check::Facts first = facts();
  const auto refused = file->add(first);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().word.text(), "output-unwritable");
  EXPECT_EQ(first.history.size(), 1U);  // the diagnosis does not depend on the file

  std::filesystem::create_directory(folder_ + "/later");
  check::Facts second = facts();
  ASSERT_TRUE(file->add(second));
  EXPECT_EQ(second.history.size(), 1U);
  check::Facts third = facts();
  ASSERT_TRUE(std::filesystem::exists(path));
  const auto bytes = std::filesystem::file_size(path);
  ASSERT_TRUE(file->add(third));
  EXPECT_EQ(std::filesystem::file_size(path), bytes);  // known now
}

}  // namespace
}  // namespace mta_sts::cli
