#include "recent_answers.hpp"

#include <gtest/gtest.h>

namespace mta_sts::exim {
namespace {

using std::chrono::seconds;
using Moment = RecentAnswers::Moment;

constexpr std::string_view path = "/run/s";

std::string found(const RecentAnswers& recent, std::string_view domain, Moment now = {},
                  std::string_view where = path) {
  const std::string* line = recent.find(where, domain, now);
  return line == nullptr ? "nothing" : *line;
}

TEST(RecentAnswers, KeepsAnAnswerForItsDomainAndSocketAndTime) {
  RecentAnswers recent;
  EXPECT_EQ(found(recent, "a.example"), "nothing");
  recent.keep(path, "a.example", "one", Moment(seconds(5)));
  EXPECT_EQ(found(recent, "a.example"), "one");
  EXPECT_EQ(found(recent, "a.example", Moment(seconds(4))), "one");
  EXPECT_EQ(found(recent, "a.example", Moment(seconds(5))), "nothing");
  EXPECT_EQ(found(recent, "b.example"), "nothing");
  EXPECT_EQ(found(recent, ""), "nothing");
  EXPECT_EQ(found(recent, "a.example", {}, "/run/other"), "nothing");
}

TEST(RecentAnswers, GivesTheNewestAnswer) {
  RecentAnswers recent;
  recent.keep(path, "a.example", "old", Moment(seconds(5)));
  recent.keep(path, "a.example", "new", Moment(seconds(9)));
  EXPECT_EQ(found(recent, "a.example"), "new");
}

TEST(RecentAnswers, KeepsWhatHoldsForAllDomainsOfASocket) {
  RecentAnswers recent;
  recent.keep(path, "", "of the empty domain", Moment(seconds(5)));
  EXPECT_EQ(found(recent, "a.example"), "nothing");
  recent.keep_for_all(path, "silence", Moment(seconds(60)));
  EXPECT_EQ(found(recent, "a.example"), "silence");
  EXPECT_EQ(found(recent, "b.example", Moment(seconds(59))), "silence");
  EXPECT_EQ(found(recent, "b.example", Moment(seconds(60))), "nothing");
  EXPECT_EQ(found(recent, "a.example", {}, "/run/other"), "nothing");
}

TEST(RecentAnswers, KeepsNoMoreThanItsNumberOfAnswers) {
  RecentAnswers recent;
  for (std::size_t i = 0; i < 3 * RecentAnswers::entry_limit; ++i) {
    recent.keep(path, std::to_string(i), "x", Moment(seconds(5)));
  }
  EXPECT_EQ(found(recent, std::to_string(2 * RecentAnswers::entry_limit - 1)), "nothing");
  EXPECT_EQ(found(recent, std::to_string(2 * RecentAnswers::entry_limit)), "x");
  EXPECT_EQ(found(recent, std::to_string(3 * RecentAnswers::entry_limit - 1)), "x");
}

TEST(RecentAnswers, KeepsNoMoreThanItsBytes) {
  RecentAnswers recent;
  const std::string half(RecentAnswers::limit_bytes / 2 - 10, 'x');
  recent.keep(path, "a", half, Moment(seconds(5)));
  recent.keep(path, "b", half, Moment(seconds(5)));
  EXPECT_EQ(found(recent, "a"), half);
  recent.keep(path, "c", half, Moment(seconds(5)));
  EXPECT_EQ(found(recent, "a"), "nothing");
  EXPECT_EQ(found(recent, "b"), half);
  EXPECT_EQ(found(recent, "c"), half);
  recent.keep(path, "d", std::string(RecentAnswers::limit_bytes, 'x'), Moment(seconds(5)));
  EXPECT_EQ(found(recent, "d"), "nothing");
  EXPECT_EQ(found(recent, "c"), half);
}

}  // namespace
}  // namespace mta_sts::exim
