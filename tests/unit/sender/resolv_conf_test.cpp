#include "sender/dns/resolv_conf.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace mta_sts::sender {
namespace {

namespace fs = std::filesystem;

class ResolvConfTest : public testing::Test {
 protected:
  fs::path folder;
  fs::path path;

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "resolv-conf-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = folder / "resolv.conf";
  }
  void TearDown() override { fs::remove_all(folder); }

  static void write(const fs::path& where, const std::string& text) { std::ofstream(where) << text; }

  static std::string list(const ResolvConf& conf) {
    std::string text;
    for (const DnsServer& server : conf.servers()) {
      text += (text.empty() ? "" : " ") + to_text(server);
    }
    return text;
  }
};

TEST_F(ResolvConfTest, AsksThisHostWhereThereIsNoFile) {
  const ResolvConf conf(path);
  EXPECT_EQ(list(conf), "127.0.0.1");
}

TEST_F(ResolvConfTest, ReadsZonesOfLinkLocalServers) {
  write(path,
        "nameserver fe80::1%eth0\nnameserver fe80::2%3\nnameserver 192.0.2.1%eth0\nnameserver fe80::3%\n"
        "nameserver ::1\n");
  const ResolvConf conf(path);
  EXPECT_EQ(list(conf), "fe80::1%eth0 fe80::2%3 ::1");
}

TEST_F(ResolvConfTest, SeesAFileWrittenInPlace) {
  write(path, "nameserver 192.0.2.1\n");
  ResolvConf conf(path);
  EXPECT_FALSE(conf.look());
  write(path, "nameserver 192.0.2.1\nnameserver 192.0.2.2\n");
  EXPECT_TRUE(conf.look());
  EXPECT_EQ(list(conf), "192.0.2.1 192.0.2.2");
  EXPECT_FALSE(conf.look());
}

TEST_F(ResolvConfTest, SeesAFilePutInItsPlace) {
  write(path, "nameserver 192.0.2.1\n");
  ResolvConf conf(path);
  write(folder / "new", "nameserver 192.0.2.2\n");  // as long as the other
  fs::rename(folder / "new", path);
  EXPECT_TRUE(conf.look());
  EXPECT_EQ(list(conf), "192.0.2.2");
}

TEST_F(ResolvConfTest, SeesWhatASymlinkLeadsTo) {
  write(folder / "stub", "nameserver 127.0.0.53\n");
  write(folder / "uplink", "nameserver 192.0.2.1\n");
  fs::create_symlink("stub", path);
  ResolvConf conf(path);
  EXPECT_EQ(list(conf), "127.0.0.53");
  fs::create_symlink("uplink", folder / "new");
  fs::rename(folder / "new", path);
  EXPECT_TRUE(conf.look());
  EXPECT_EQ(list(conf), "192.0.2.1");
  write(folder / "uplink.new", "nameserver 192.0.2.9\n");
  fs::rename(folder / "uplink.new", folder / "uplink");
  EXPECT_TRUE(conf.look());
  EXPECT_EQ(list(conf), "192.0.2.9");
}

TEST_F(ResolvConfTest, SeesAFileThatComesLater) {
  ResolvConf conf(path);
  EXPECT_FALSE(conf.look());
  write(path, "nameserver 192.0.2.1\n");
  EXPECT_TRUE(conf.look());
  EXPECT_EQ(list(conf), "192.0.2.1");
}

TEST_F(ResolvConfTest, KeepsWhatItKnewWhileTheFileIsBeingWritten) {
  write(path, "nameserver 192.0.2.1\n");
  ResolvConf conf(path);
  write(path, "");
  EXPECT_FALSE(conf.look());
  EXPECT_EQ(list(conf), "192.0.2.1");
  fs::remove(path);
  EXPECT_FALSE(conf.look());
  EXPECT_FALSE(conf.read());
  EXPECT_EQ(list(conf), "192.0.2.1");
}

TEST_F(ResolvConfTest, SaysNothingWhereTheServersAreTheSame) {
  write(path, "nameserver 192.0.2.1\n");
  ResolvConf conf(path);
  write(path, "# by hand\nsearch example.test\nnameserver 192.0.2.1\n");
  EXPECT_FALSE(conf.look());
  EXPECT_FALSE(conf.read());
}

TEST_F(ResolvConfTest, TakesNoOtherThingForAFile) {
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  ResolvConf conf(path);
  EXPECT_EQ(list(conf), "127.0.0.1");
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_FALSE(conf.look());
}

}  // namespace
}  // namespace mta_sts::sender
