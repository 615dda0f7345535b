// Adding to a file: all bytes or none, on a real file system and against a real limit of size.
#include "file/append_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace mta_sts {
namespace {

class AppendFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "mta-sts-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "file";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(AppendFile, MakesTheFileAndAddsToIt) {
  EXPECT_TRUE(append_file(path_, "one\n"));
  EXPECT_TRUE(append_file(path_, "two\n"));
  EXPECT_EQ(content(), "one\ntwo\n");
}

TEST_F(AppendFile, SaysWhyItCannot) {
  const auto added = append_file(folder_, "one\n");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().word.text(), "output-unwritable");
  EXPECT_FALSE(append_file(folder_ / "no" / "file", "one\n"));
}

TEST_F(AppendFile, LeavesNoHalfLineWhereThereIsNoRoom) {
  ASSERT_TRUE(append_file(path_, "one\n"));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 6, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto added = append_file(path_, "a longer line\n");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_FALSE(added);
  EXPECT_EQ(content(), "one\n");
}

}  // namespace
}  // namespace mta_sts
