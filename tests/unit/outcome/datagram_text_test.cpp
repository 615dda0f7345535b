#include "outcome/datagram_text.hpp"

#include <gtest/gtest.h>

#include "outcome/datagram/datagram.hpp"

namespace mta_sts::outcome {
namespace {

TEST(DatagramText, IsReadBack) {
  SessionOutcome session{
      .domain = "example.com", .record = "v=TLSRPTv1; rua=mailto:a@example.com", .policies = {}};
  PolicyOutcome& policy = session.policies.emplace_back();
  policy.type = PolicyType::sts;
  policy.domain = "example.com";
  policy.policy_string = {"version: STSv1", "mode: testing"};
  policy.mx_hosts = {"mx.example.com"};
  policy.has_failed = true;
  SessionFailure& failure = policy.failures.emplace_back();
  failure.type = ResultType::certificate_expired;
  failure.mx = "mx.example.com";
  failure.reason_code = "a \"quoted\" \\ text\n";
  EXPECT_EQ(parse_datagram(render_datagram(session)), session);
}

TEST(DatagramText, LeavesOutWhatIsNoUtf8) {
  SessionOutcome session{.domain = "example.com", .record = {}, .policies = {}};
  session.policies.emplace_back().failures.emplace_back().helo = "\xFFmx\xC3";
  const auto read = parse_datagram(render_datagram(session));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->policies[0].failures[0].helo, "?mx?");
}

}  // namespace
}  // namespace mta_sts::outcome
