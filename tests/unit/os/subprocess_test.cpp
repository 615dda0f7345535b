#include "os/subprocess.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace mta_sts {
namespace {

constexpr std::chrono::seconds limit{20};

ProgramResult shell(const std::string& script) {
  const auto result = run_program({"/bin/sh", "-c", script}, limit);
  EXPECT_TRUE(result) << result.error();
  return result.value_or(ProgramResult{});
}

TEST(RunProgram, GivesBothStreamsAndTheExitCode) {
  const ProgramResult result = shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(shell("kill -9 $$").exit_code, 128 + 9);
}

TEST(RunProgram, GivesAnEmptyInputAndAnEnvironmentOfItsOwn) {
  setenv("MTA_STS_TEST_SECRET", "x", 1);
  EXPECT_EQ(shell("cat; env | grep -c MTA_STS_TEST_SECRET").output, "0\n");
}

TEST(RunProgram, ReadsMoreThanAPipeHolds) {
  EXPECT_EQ(shell("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2").output.size(), 300000U);
}

TEST(RunProgram, SaysWhatCannotBeRun) {
  const auto result = run_program({"/nonexistent/program"}, limit);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), "/nonexistent/program cannot be run: No such file or directory");
}

TEST(RunProgram, EndsAProgramThatDoesNotEnd) {
  const auto result = run_program({"/bin/sh", "-c", "exec sleep 600"}, std::chrono::seconds(1));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), "/bin/sh did not end within 1 s");
}

TEST(RunProgram, RunsAsAnotherUser) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root, to become another user";
  }
  const auto result = run_program({"/usr/bin/id"}, limit, RunAs{.user = 65534, .group = 65534});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output.find("uid=0"), std::string::npos);
  EXPECT_NE(result->output.find("uid=65534"), std::string::npos);
  EXPECT_EQ(result->output.find(",0("), std::string::npos);
}

}  // namespace
}  // namespace mta_sts
