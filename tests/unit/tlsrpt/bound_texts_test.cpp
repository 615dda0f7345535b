#include "tlsrpt/read/bound_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tlsrpt/model/text_limits.hpp"
#include "unit/tlsrpt/read.hpp"

namespace mta_sts::tlsrpt {
namespace {

using testing::HasSubstr;

TEST(BoundTexts, CutsTextsOfAnyLengthToWhatIsKept) {
  const std::string long_text(1'000'000, 'x');
  const std::string quoted = '"' + long_text + '"';
  const auto read = read_bytes(
      R"({"organization-name":)" + quoted + R"(,"contact-info":)" + quoted + R"(,"report-id":)" + quoted +
      R"(,"date-range":{},"policies":[{"policy":{"policy-type":)" + quoted + R"(,"policy-domain":)" + quoted +
      "}" + counts_text("1", "2") + R"(,"failure-details":[{"result-type":)" + quoted +
      R"(,"receiving-mx-hostname":)" + quoted + R"(,"receiving-ip":)" + quoted + R"(,"sending-mta-ip":)" +
      quoted + R"(,"receiving-mx-helo":)" + quoted + R"(,"failure-reason-code":)" + quoted +
      R"(,"additional-information":)" + quoted + R"(,"failed-session-count":2}]}]})");
  EXPECT_THAT(read.words(), HasSubstr("W_LONG_TEXT"));
  ASSERT_EQ(read.reports.size(), 1U);
  const Report& report = read.reports.front();
  EXPECT_EQ(report.organization->size(), sender_limit);
  EXPECT_EQ(report.contact->size(), sender_limit);
  EXPECT_EQ(report.id->size(), text_limit);
  const PolicyReport& policy = report.policies.front();
  const FailureDetail& detail = policy.details.front();
  for (const std::string& name : {*policy.type, *policy.domain, policy.counted_domain, detail.result_type,
                                  detail.host, detail.receiving_ip, detail.sending_ip, detail.helo}) {
    EXPECT_EQ(name.size(), name_limit);
  }
  EXPECT_EQ(detail.reason_code.size(), text_limit);
  EXPECT_EQ(detail.additional_information.size(), text_limit);
}

}  // namespace
}  // namespace mta_sts::tlsrpt
