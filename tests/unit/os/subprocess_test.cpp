#include "os/subprocess.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

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

TEST(RunProgram, DoesNotWaitForWhatAProgramLeavesBehind) {
  const auto begun = std::chrono::steady_clock::now();
  const ProgramResult result = shell("echo out; echo err >&2; sleep 30 & exit 4");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(result.output + result.errors, "out\nerr\n");
  // One that writes without end holds up nobody either.
  EXPECT_EQ(shell("(trap '' PIPE; for i in $(seq 100000); do echo x; done) & exit 5").exit_code, 5);
}

TEST(RunProgram, WaitsForAProgramThatClosesItsStreams) {
  EXPECT_EQ(shell("exec >&- 2>&-; sleep 0.2; exit 6").exit_code, 6);
}

TEST(RunProgram, KeepsDescriptorsAndSignalsToItself) {
  const int leaked = dup(STDERR_FILENO);  // without O_CLOEXEC, as libcurl's sockets are
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  // 3 is the folder that ls reads.
  EXPECT_EQ(shell("exec ls /proc/self/fd").output, "0\n1\n2\n3\n");
  EXPECT_EQ(shell("kill -PIPE $$").exit_code, 128 + SIGPIPE);
  static_cast<void>(std::signal(SIGPIPE, before));
  close(leaked);
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
