#include "file/read_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace mta_sts {
namespace {

class ReadFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "mta-sts-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(std::string_view bytes) {
    const std::string path = folder_ / "file";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::filesystem::path folder_;
};

FileErrorCode error_of(const std::string& path, std::size_t limit_bytes = 10) {
  const auto bytes = read_file(path, limit_bytes);
  return bytes ? throw std::runtime_error("read " + path) : bytes.error().code;
}

TEST_F(ReadFile, GivesAllBytesUpToTheLimit) {
  EXPECT_EQ(read_file(write(""), 0).value(), "");
  EXPECT_EQ(read_file(write(""), 10).value(), "");
  EXPECT_EQ(read_file(write(std::string_view("a\0\r\n\xff", 5)), 10).value(), std::string("a\0\r\n\xff", 5));
  EXPECT_EQ(read_file(write("0123456789"), 10).value(), "0123456789");
}

TEST_F(ReadFile, ReadsWhatTheSystemGivesNoSizeOf) {
  constexpr std::size_t more_than_a_page = 8192;
  const std::string path = "/proc/self/smaps";
  ASSERT_EQ(std::filesystem::file_size(path), 0U);
  EXPECT_GT(read_file(path, std::size_t{16} * 1024 * 1024).value().size(), more_than_a_page);
  EXPECT_EQ(error_of(path, more_than_a_page), FileErrorCode::too_large);
}

TEST_F(ReadFile, RefusesOneByteOverTheLimit) {
  EXPECT_EQ(error_of(write("0123456789a")), FileErrorCode::too_large);
  EXPECT_EQ(error_of(write("0"), 0), FileErrorCode::too_large);
}

TEST_F(ReadFile, RefusesWhatIsNoRegularFile) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error_of(pipe), FileErrorCode::not_regular);  // and does not wait for a writer
  EXPECT_EQ(error_of(folder_), FileErrorCode::not_regular);
  EXPECT_EQ(error_of("/dev/zero"), FileErrorCode::not_regular);
}

TEST_F(ReadFile, RefusesWhatCannotBeOpened) {
  EXPECT_EQ(error_of(folder_ / "absent"), FileErrorCode::unreadable);
  EXPECT_EQ(error_of(""), FileErrorCode::unreadable);
  EXPECT_EQ(error_of(std::string("/dev/null\0x", 11)), FileErrorCode::unreadable);
  EXPECT_EQ(error_of(std::string(5000, 'a')), FileErrorCode::unreadable);
}

TEST_F(ReadFile, ReadsASecretThatNobodyElseMay) {
  const std::string path = write("secret");
  using std::filesystem::perms;
  for (const unsigned mode : {0400U, 0600U, 0640U}) {
    std::filesystem::permissions(path, perms(mode));
    EXPECT_EQ(read_secret_file(path, 10).value(), "secret") << mode;
  }
  for (const unsigned mode : {0644U, 0660U, 0604U, 0602U, 0601U}) {
    std::filesystem::permissions(path, perms(mode));
    const auto bytes = read_secret_file(path, 10);
    EXPECT_TRUE(!bytes && bytes.error().code == FileErrorCode::exposed) << mode;
  }
  EXPECT_EQ(read_file(path, 10).value(), "secret");
}

TEST_F(ReadFile, ReadsNoSecretOfAnotherUser) {
  const std::string path = write("secret");
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give a file away";
  }
  ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
  const auto bytes = read_secret_file(path, 10);
  EXPECT_TRUE(!bytes && bytes.error().code == FileErrorCode::exposed);
}

TEST_F(ReadFile, RefusesWhatIsChangedMeanwhile) {
  constexpr std::size_t size = std::size_t{256} * 1024;
  const std::string path = write(std::string(size, 'a'));
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    for (std::size_t at = 0; !is_over; at = (at + 1) % size) {
      file.seekp(static_cast<std::streamoff>(at)).put('b').flush();
    }
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  bool is_seen = false;
  while (!is_seen && std::chrono::steady_clock::now() < deadline) {
    const auto bytes = read_file(path, size);
    is_seen = !bytes && bytes.error().code == FileErrorCode::changing;
  }
  is_over = true;
  writer.join();
  EXPECT_TRUE(is_seen);
  EXPECT_TRUE(read_file(path, size));
}

TEST_F(ReadFile, SaysWhatIsTheMatter) {
  const std::string message = to_message(read_file((folder_ / "ab\nsent").string(), 10).error());
  EXPECT_EQ(message.substr(0, 17), "file-unreadable \"");
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_NE(message.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace mta_sts
