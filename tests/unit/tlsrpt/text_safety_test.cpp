#include "tlsrpt/read/text_safety.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mta_sts::tlsrpt {
namespace {

TEST(TextSafety, FindsAControlCharacterWhereverItStands) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const bool is_control = byte < 0x20 || byte == 0x7F;
    for (std::size_t length = 1; length <= 20; ++length) {
      for (std::size_t at = 0; at < length; ++at) {
        std::string text(length, '~');
        text[at] = static_cast<char>(byte);
        EXPECT_EQ(is_safe_text(text), !is_control) << byte << " at " << at << " of " << length;
      }
    }
  }
}

TEST(TextSafety, LooksAtCharactersBeyondAsciiWholly) {
  for (const std::string_view safe : {"\u00fc", "\u4e2d", "\U0001f600"}) {
    for (const std::string_view tricky : {"\u0085", "\u202e", "\u2066", "\u200f", "\xff"}) {
      for (std::size_t before = 0; before <= 9; ++before) {
        const std::string text = std::string(before, ' ') + std::string(safe) + std::string(9 - before, ' ');
        EXPECT_TRUE(is_safe_text(text)) << text;
        EXPECT_FALSE(is_safe_text(text + std::string(tricky))) << before;
        EXPECT_FALSE(is_safe_text(std::string(tricky) + text)) << before;
      }
    }
  }
}

}  // namespace
}  // namespace mta_sts::tlsrpt
