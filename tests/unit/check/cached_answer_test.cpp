// Answers that came from a cache, as changes to the recording of a healthy domain.
#include "check/cached_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "recordings.hpp"

namespace mta_sts::check {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

class CachedAnswer : public testing::Test {
 protected:
  CachedAnswer() : recording_(healthy_recording()) { recording_["history"] = Json::array(); }

  void header(const std::string& name, const std::string& value) {
    recording_["https"]["by_address"][0]["headers"].push_back({{"name", name}, {"value", value}});
  }

  void record(const std::string& id) {
    recording_["dns"]["sts"]["answer"]["records"] = {{"v=STSv1; id=" + id + ";"}};
  }

  // An earlier diagnosis that saw this id, with the policy that is served now or another.
  void saw(const std::string& id, bool same_policy) {
    recording_["history"].push_back({{"seen", 1770638400},
                                     {"id", id},
                                     {"body_sha256", same_policy ? served_sha256() : "11"},
                                     {"mode", "enforce"},
                                     {"max_age", 1209600},
                                     {"mx", Json::array()}});
  }

  [[nodiscard]] std::optional<CheckFinding> judge() const {
    const Facts facts = facts_of(recording_);
    const Case subject(facts);
    return judge_cached_answer(subject, facts.https.by_address.front());
  }

  void expect_old(const std::string& evidence) const {
    const auto finding = judge();
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->severity, Severity::warning);
    EXPECT_THAT(finding->evidence, HasSubstr(evidence));
    EXPECT_THAT(finding->cause, HasSubstr("serves the old policy under the new id"));
    EXPECT_THAT(finding->fix, HasSubstr("Purge https://mta-sts.example.com/.well-known/mta-sts.txt"));
  }

  void expect_no_warning() const {
    const auto finding = judge();
    EXPECT_TRUE(!finding || finding->severity == Severity::note) << finding->evidence;
  }

  [[nodiscard]] std::string served_sha256() const {
    return healthy_recording()["history"][1]["body_sha256"].get<std::string>();
  }

  Json recording_;
};

TEST_F(CachedAnswer, IsNoneWithoutASignOfACache) {
  header("ETag", "\"20250101T\"");
  saw("20250101T", true);
  EXPECT_FALSE(judge());
  header("X-Cache", "MISS");
  header("CF-Cache-Status", "DYNAMIC");
  EXPECT_FALSE(judge());
}

TEST_F(CachedAnswer, IsANoteWithAnAgeAlone) {
  header("Age", "600");
  const auto finding = judge();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->severity, Severity::note);
  EXPECT_EQ(finding->evidence, "Age: 600");
}

TEST_F(CachedAnswer, IsNothingWhereACacheHasThePresentPolicy) {
  header("X-Cache", "HIT");
  header("ETag", "\"20260101T\"");
  EXPECT_FALSE(judge());
}

TEST_F(CachedAnswer, IsOldWhereItsETagIsTheIdOfAnEarlierDiagnosis) {
  header("X-Proxy-Cache", "HIT");
  header("ETag", "W/\"v7\"");
  saw("v7", false);
  expect_old(R"(X-Proxy-Cache: HIT, ETag "v7", while the record has id=20260101T)");
}

TEST_F(CachedAnswer, IsOldWhereItsETagIsAnEarlierDate) {
  header("Age", "86400");
  header("ETag", "\"20251224T\"");
  expect_old(R"(Age: 86400, ETag "20251224T")");
}

TEST_F(CachedAnswer, IsOldWhereItsETagIsThePolicysIdAndTheRecordHasAnother) {
  header("Cache-Status", "proxy.example; hit; ttl=30");
  record("0123456789abcdef0123");
  header("ETag", "\"feed56789abcdef01234\"");  // of no policy here
  expect_no_warning();
  recording_["https"]["by_address"][0]["headers"].erase(3);
  header("ETag", "\"30ab04af6fd1efe2e6f7\"");
  expect_old("ETag \"30ab04af6fd1efe2e6f7\"");
}

TEST_F(CachedAnswer, IsOldWhereThePolicyStoodUnderAnotherId) {
  header("X-Cache", "Hit from cloudfront");
  saw("before", true);
  saw("20260101T", true);
  expect_old("the policy that stood with id=before, while the record has id=20260101T");
}

TEST_F(CachedAnswer, IsNotOldWhereAnotherPolicyWasBetween) {
  header("Age", "600");
  saw("first", true);
  saw("second", false);
  saw("20260101T", true);
  expect_no_warning();
}

// What web servers and object stores make up.
TEST_F(CachedAnswer, TakesNoHashForAnId) {
  for (const char* tag : {"\"65a1b2c3-5b\"", "\"5b-60f1d2a3b4c5d\"", "\"d41d8cd98f00b204e9800998ecf8427e\"",
                          "20251224T", "\"\"", "\"99999999T\"", "\"20259924T\"", "W/\"5b\""}) {
    recording_ = healthy_recording();
    recording_["history"] = Json::array();
    header("Age", "600");
    header("ETag", tag);
    expect_no_warning();
  }
}

TEST_F(CachedAnswer, SaysNothingOfTheIdWithoutARecord) {
  header("Age", "600");
  header("ETag", "\"20251224T\"");
  recording_["dns"]["sts"]["answer"] = {{"status", "SERVFAIL"}, {"records", Json::array()}};
  expect_no_warning();
}

}  // namespace
}  // namespace mta_sts::check
