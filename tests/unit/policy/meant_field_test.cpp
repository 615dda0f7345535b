#include "policy/meant_field.hpp"

#include <gtest/gtest.h>

namespace mta_sts {
namespace {

void means(std::string_view name, std::string_view field) {
  EXPECT_EQ(near_field(name), field) << name;
}

TEST(MeantField, ReadsAFieldInAnotherCaseOrPunctuation) {
  means("mode", "mode");
  means("Mode", "mode");
  means("MAX_AGE", "max_age");
  means("max-age", "max_age");
  means("max age", "max_age");
  means("MaxAge", "max_age");
  means("\"mx\"", "mx");
}

TEST(MeantField, ReadsAFieldWithATypingError) {
  means("verison", "version");
  means("vesion", "version");
  means("ver", "version");
  means("mdoe", "mode");
  means("modes", "mode");
  means("max_agee", "max_age");
  means("mx_age", "max_age");
  means("nmx", "mx");
  means("mxs", "mx");
  means("1mx", "mx");
  means("m", "mx");
  means("mx-host", "mx");
  means("mx1", "mx");
  means("MX_02", "mx");
}

TEST(MeantField, LeavesOtherNamesAlone) {
  for (const std::string_view name :
       {"", "id", "note", "max", "os", "comment", "rua", "domain", "age", "message", "x-mode-of-operation",
        "mx1234", "name", "policy", "tx", "my", "max", "---"}) {
    means(name, "");
  }
  means(std::string(20000, 'm'), "");
}

TEST(MeantField, TakesALineApartAsAPersonDoes) {
  const auto reads = [](std::string_view line, std::string_view name, std::string_view value) {
    EXPECT_EQ(read_loosely(line).name, name) << line;
    EXPECT_EQ(read_loosely(line).value, value) << line;
  };
  reads("mode: enforce", "mode", "enforce");
  reads("  mode =  enforce ", "mode", "enforce");
  reads("\xEF\xBB\xBFversion: STSv1", "version", "STSv1");
  reads("- mx: a.b", "mx", "a.b");
  reads("Mode enforce", "Mode", "enforce");
  reads("Mode of operation", "", "");
  reads("mx:", "mx", "");
  reads("", "", "");
}

TEST(MeantField, CountsTypingErrors) {
  EXPECT_EQ(typing_errors_between("enforce", "enforce"), 0U);
  EXPECT_EQ(typing_errors_between("enfroce", "enforce"), 1U);  // two neighbours exchanged
  EXPECT_EQ(typing_errors_between("60480", "604800"), 1U);
  EXPECT_EQ(typing_errors_between("", "none"), 4U);
}

}  // namespace
}  // namespace mta_sts
