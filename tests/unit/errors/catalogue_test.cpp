#include "errors/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mta_sts {
namespace {

using testing::HasSubstr;

TEST(ErrorCatalogue, FindsAWordAndNothingForAnother) {
  const ErrorEntry* entry = find_error("runs-as-root");
  ASSERT_NE(entry, nullptr);
  EXPECT_THAT(entry->meaning, HasSubstr("running as root"));
  EXPECT_EQ(find_error("no-such-word"), nullptr);
}

TEST(ErrorCatalogue, HasAWordOnceInASectionWithTextsThatStandAlone) {
  for (const ErrorSection* section : error_sections()) {
    std::set<std::string_view> words;
    for (const ErrorEntry& entry : section->entries) {
      EXPECT_TRUE(words.insert(entry.word).second) << entry.word;
      for (const std::string_view text : {entry.meaning, entry.fix}) {
        EXPECT_FALSE(text.empty() || text.ends_with('.') || text.find(" - ") != text.npos) << entry.word;
      }
      EXPECT_TRUE(entry.actor != Actor::nobody || entry.fix.starts_with("nothing")) << entry.word;
    }
  }
}

TEST(ErrorCatalogue, SaysWhoFixesIt) {
  EXPECT_EQ(fix_of(*find_error("http-status")), "fix (the domain's postmaster): serve the file");
  EXPECT_EQ(fix_of(*find_error("started")), "fix: nothing");
}

}  // namespace
}  // namespace mta_sts
