#include "cli/report/file_source.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/descriptor.hpp"

namespace mta_sts::cli {
namespace {

class FileSourceOfFolder : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ReportFile found(const std::string& path) const {
    return {.path = path, .is_from_folder = true, .folder_end = folder_.native().size()};
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "file_source_of_folder";
};

TEST_F(FileSourceOfFolder, LeavesAPipeThatTookThePlaceOfAFileAlone) {
  const std::string path = folder_ / "a";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const Descriptor writer(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  FileSource source;
  source.open(found(path));
  EXPECT_FALSE(source.is_open());
  EXPECT_EQ(source.error(), ENOENT);
  source.read_front();  // and waits for nobody
  source.open({.path = path});
  EXPECT_TRUE(source.is_open());  // a pipe that was named is meant
  EXPECT_FALSE(source.identity());
}

TEST_F(FileSourceOfFolder, FollowsNoLinkBelowTheFolder) {
  std::filesystem::create_directories(folder_ / "inside");
  Descriptor(::open((folder_ / "inside/a").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  std::filesystem::create_directory_symlink("inside", folder_ / "link");
  FileSource source;
  source.open(found(folder_ / "inside/a"));
  EXPECT_TRUE(source.is_open());
  source.open(found(folder_ / "link/a"));
  EXPECT_EQ(source.error(), ELOOP);
  EXPECT_FALSE(source.is_open());
}

TEST_F(FileSourceOfFolder, KnowsAFileByWhatItWasWhenItWasOpened) {
  const std::string path = folder_ / "a";
  Descriptor(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const auto before = identity_of(path);
  FileSource source;
  source.open(found(path));
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::write(file.get(), "more", 4), 4);
  EXPECT_EQ(source.identity(), before);
  EXPECT_NE(source.identity(), identity_of(path));
}

}  // namespace
}  // namespace mta_sts::cli
