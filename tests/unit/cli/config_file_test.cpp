#include "cli/config_file.hpp"

#include <gtest/gtest.h>

namespace mta_sts::cli {
namespace {

TEST(ConfigFile, ReadsSettingsWithTheirLines) {
  const auto settings = parse_config("# comment\n\n  dns=127.0.0.1\r\nca = \"/a b\"\nsocket = /x # y\n", "f");
  ASSERT_TRUE(settings);
  ASSERT_EQ(settings->size(), 3U);
  EXPECT_EQ((*settings)[0].key, "dns");
  EXPECT_EQ((*settings)[0].value, "127.0.0.1");
  EXPECT_EQ((*settings)[0].line, 3U);
  EXPECT_EQ((*settings)[1].value, "/a b");
  EXPECT_EQ((*settings)[2].value, "/x # y");  // a comment has a line of its own
}

TEST(ConfigFile, RefusesWhatIsNoSetting) {
  for (const std::string_view text :
       {"dns", "= 1", "dns =", "dns = \"\"", "DNS = 1", "[section]", "dns = a\x01", "dns = a\"b"}) {
    const auto settings = parse_config("\n" + std::string(text), "f");
    ASSERT_FALSE(settings) << text;
    EXPECT_TRUE(to_line(settings.error()).starts_with("config-syntax: f:2: ")) << to_line(settings.error());
  }
}

}  // namespace
}  // namespace mta_sts::cli
