// Writing a file whole: the old one or the new one, on a real file system and against a real limit of size.
#include "file/replace_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/descriptor.hpp"

namespace mta_sts {
namespace {

namespace fs = std::filesystem;

class ReplaceFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "mta-sts-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "file";
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  fs::path folder_;
  fs::path path_;
};

TEST_F(ReplaceFile, MakesAFileOrPutsAnotherInItsPlace) {
  ASSERT_TRUE(write_file(path_, "one, the longer one"));
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  const Descriptor reader(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(write_file(path_, "two"));
  EXPECT_EQ(content(path_), "two");
  EXPECT_EQ(fs::status(path_).permissions(), static_cast<fs::perms>(0640));
  std::array<char, 3> old{};
  EXPECT_EQ(::read(reader.get(), old.data(), old.size()), 3);
  EXPECT_EQ(std::string(old.data(), old.size()), "one");  // who reads meanwhile has the old one
  EXPECT_EQ(files(), 1);
}

TEST_F(ReplaceFile, LeavesTheOldOneWhereThereIsNoRoom) {
  ASSERT_TRUE(write_file(path_, "old"));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 6, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = write_file(path_, "a longer text");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(to_line(written.error()),
            "output-unwritable: " + path_.string() + ": cannot be written: File too large");
  EXPECT_EQ(content(path_), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(ReplaceFile, SaysWhyItCannot) {
  const auto absent = write_file(folder_ / "no" / "file", "one");
  ASSERT_FALSE(absent);
  EXPECT_TRUE(to_line(absent.error()).ends_with(": cannot be written: No such file or directory"));
  const auto folder = write_file(folder_, "one");
  ASSERT_FALSE(folder);
  EXPECT_TRUE(to_line(folder.error()).ends_with(": cannot be written: Is a directory"));
  const auto full = write_file("/dev/full", "one");
  ASSERT_FALSE(full);
  EXPECT_TRUE(to_line(full.error()).ends_with(": cannot be written: No space left on device"));
}

TEST_F(ReplaceFile, WritesWhereALinkLeads) {
  const fs::path link = folder_ / "link";
  fs::create_symlink("file", link);
  ASSERT_TRUE(write_file(link, "one"));  // which is not there yet
  EXPECT_EQ(content(path_), "one");
  ASSERT_TRUE(write_file(link, "two"));
  EXPECT_EQ(content(path_), "two");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_FALSE(replace_file(link, "three"));
  EXPECT_EQ(content(path_), "two");
}

TEST_F(ReplaceFile, RewritesWithOwnerAndModeAndOnlyWhatIsThere) {
  EXPECT_FALSE(rewrite_file(path_, "one"));
  ASSERT_TRUE(write_file(path_, "one"));
  fs::permissions(path_, fs::perms{0460});
  const fs::path link = folder_ / "link";
  fs::create_symlink("file", link);
  ASSERT_TRUE(rewrite_file(link, "two"));
  EXPECT_EQ(content(path_), "two");
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0460});
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_FALSE(rewrite_file(folder_, "three"));
}

TEST_F(ReplaceFile, WritesIntoAPipe) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const Descriptor reader(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(write_file(path_, "one"));
  std::array<char, 8> read{};
  EXPECT_EQ(::read(reader.get(), read.data(), read.size()), 3);
  EXPECT_TRUE(fs::is_fifo(path_));
}

}  // namespace
}  // namespace mta_sts
