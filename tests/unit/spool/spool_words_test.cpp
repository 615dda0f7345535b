#include "spool/spool_words.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mta_sts::spool {
namespace {

using namespace std::string_view_literals;

std::expected<SpoolWords, std::string> parse(std::vector<std::string_view> words) {
  return parse_spool_words(words);
}

void bad(std::vector<std::string_view> words, std::string_view begin) {
  const auto read = parse(std::move(words));
  ASSERT_FALSE(read) << begin;
  EXPECT_TRUE(read.error().starts_with(begin)) << read.error();
}

TEST(SpoolWords, HaveDefaults) {
  const auto read = parse({"/var/spool/x=1"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->folder, "/var/spool/x=1");
  EXPECT_EQ(read->limits.report_bytes, 1024U * 1024);
  EXPECT_EQ(read->limits.files, 10'000U);
  EXPECT_EQ(read->limits.bytes, 256U * 1024 * 1024);
}

TEST(SpoolWords, SetLimits) {
  const auto read = parse({"spool", "max_bytes=2g", "max_files=1", "max_size=10m"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->limits.report_bytes, 10U * 1024 * 1024);
  EXPECT_EQ(read->limits.files, 1U);
  EXPECT_EQ(read->limits.bytes, 2ULL * 1024 * 1024 * 1024);
  EXPECT_EQ(parse({"spool", "max_size=1024"})->limits.report_bytes, 1024U);
}

TEST(SpoolWords, AreRefusedByName) {
  bad({}, "no-words:");
  bad({""}, "bad-path \"\"");
  bad({"a\0b"sv}, "bad-path");
  bad({"a", "b"}, "unknown-word \"b\"");
  bad({"a", "maxsize=1m"}, "unknown-word \"maxsize=1m\"");
  bad({"a", "max_files=2", "max_files=2"}, "repeated-word \"max_files=2\"");
  for (const std::string_view word :
       {"max_size="sv, "max_size=0"sv, "max_size=1023"sv, "max_size=11m"sv, "max_size=m"sv, "max_size=1M"sv,
        "max_size=-1"sv, "max_files=0"sv, "max_files=1k"sv, "max_files=1000001"sv, "max_bytes=1025g"sv,
        "max_bytes=99999999999999999999"sv, "max_bytes=18446744073709551615g"sv}) {
    bad({"a", word}, "bad-limit \"" + std::string(word));
  }
}

}  // namespace
}  // namespace mta_sts::spool
