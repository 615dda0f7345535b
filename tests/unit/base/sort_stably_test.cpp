#include "base/sort_stably.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace mta_sts {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SortStably, KeepsTheOrderOfWhatIsEqual) {
  std::vector<std::string> words{"bb", "a", "cc", "", "aa", "b"};
  sort_stably(words, [](const std::string& word) { return word.size(); });
  EXPECT_THAT(words, ElementsAre("", "a", "b", "bb", "cc", "aa"));
}

TEST(SortStably, MovesWhatCannotBeCopied) {
  std::vector<std::unique_ptr<int>> values;
  for (const int value : {3, 1, 2}) {
    values.push_back(std::make_unique<int>(value));
  }
  sort_stably(values, [](const std::unique_ptr<int>& value) { return *value; });
  EXPECT_EQ(*values.front(), 1);
  EXPECT_EQ(*values.back(), 3);
}

TEST(SortStably, LeavesNothingAsItIs) {
  std::vector<int> none;
  sort_stably(none, [](int value) { return value; });
  EXPECT_THAT(none, IsEmpty());
}

}  // namespace
}  // namespace mta_sts
