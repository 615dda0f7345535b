#include "cli/publish/rollout_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta_sts::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

// A domain whose next policy has a field that no words of a directive can say.
RolloutJob job_with_field(bool is_stored, const std::string& field) {
  RolloutJob job;
  job.publish.request.domain = "a.example";
  job.publish.situation.is_stored = is_stored;
  steps::NextPolicy policy;
  policy.published.body = "version: STSv1\r\nmode: testing\r\n" + field + "\r\n";
  job.rollout.stages.push_back({.state = steps::StepState::to_do, .policy = policy});
  return job;
}

const std::string right_to_left = "\xE2\x80\xAE";  // U+202E

TEST(RolloutOutput, ShowsNothingThatATerminalObeys) {
  for (const bool is_stored : {true, false}) {
    const std::string text =
        rollout_text(job_with_field(is_stored, "note: x" + right_to_left + "y"), false, 300);
    EXPECT_THAT(text, HasSubstr(";     note: x\\u{202e}y\n"));
    EXPECT_THAT(text, Not(HasSubstr(right_to_left)));
  }
}

TEST(RolloutOutput, ShowsTheFileWhereWordsCannotSayIt) {
  EXPECT_THAT(rollout_text(job_with_field(true, "note: b"), false, 300),
              HasSubstr(";   the same command with --apply stores the file:\n;     version: STSv1\n"));
}

}  // namespace
}  // namespace mta_sts::cli
