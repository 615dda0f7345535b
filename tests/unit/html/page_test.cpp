#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <vector>

#include "html/page.hpp"
#include "html/style.hpp"

namespace mta_sts::html {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST(HtmlStyle, IsAllowedByItsHash) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(style.data()), style.size(), digest.data());
  std::array<unsigned char, 64> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  EXPECT_EQ(std::string(text.begin(), text.begin() + length), style_hash);
}

TEST(HtmlEscape, LeavesNothingThatABrowserObeys) {
  EXPECT_EQ(escape("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
  EXPECT_EQ(escape("a\n\x1b\u202Eb\xFF"), "a\\x0a\\x1b\\u{202e}b\\xff");
  EXPECT_LT(escape(std::string(100000, '<')).size(), 2000U);
}

TEST(HtmlPage, EscapesWhatItIsGiven) {
  const std::vector<std::string> lines{"</footer><script>"};
  const std::string page =
      begin_page({.title = "</title><script>", .subtitle = "<script>"}) + end_page(lines);
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_TRUE(has(page, "&lt;/title&gt;"));
}

TEST(HtmlPage, AllowsNothingButItsStyle) {
  const std::string page = begin_page({.title = "t", .subtitle = ""});
  EXPECT_TRUE(
      has(page, "default-src 'none'; style-src 'sha256-" + std::string(style_hash) + "'; base-uri 'none'"));
  EXPECT_FALSE(has(page, "unsafe"));
}

}  // namespace
}  // namespace mta_sts::html
