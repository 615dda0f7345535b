#include "publish/published_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "policy/render_policy.hpp"
#include "publish/policy_id.hpp"
#include "publish/record_line.hpp"

namespace mta_sts::publish {
namespace {

TEST(PublishedPolicy, HoldsBytesIdAndEtag) {  // R14, R28
  const Policy policy{.mode = Mode::testing, .mx = {"a"}, .max_age_seconds = 60, .extensions = {}};
  const PublishedPolicy published = publish_policy(policy, 3);
  EXPECT_EQ(published.body, "version: STSv1\r\nmode: testing\r\nmx: a\r\nmax_age: 60\r\n");
  EXPECT_EQ(published.id, policy_id(policy, 3));
  EXPECT_EQ(published.etag, "\"" + published.id + "\"");
  EXPECT_EQ(published.mode, Mode::testing);
  EXPECT_EQ(published.max_age_seconds, 60U);
}

TEST(PublishedPolicyFile, IsRenderedAnew) {
  const auto published = publish_policy_file("mode: none\nfoo: bar\nmax_age: 0060\nversion: STSv1");
  ASSERT_TRUE(published);
  EXPECT_EQ(published->body, "version: STSv1\r\nmode: none\r\nmax_age: 60\r\nfoo: bar\r\n");
  EXPECT_EQ(published->id, policy_id(*parse_policy(published->body, Reading::strict)));
}

// A strong ETag has one body: RFC 9110 section 8.8.1.
TEST(PublishedPolicyFile, HasOneBodyForAnEtag) {
  const std::string begin = "version: STSv1\nmode: testing\nmax_age: 86400\n";
  const auto one = publish_policy_file(begin + "mx: b.x\nmx: A.x\nmx: b.x\na: 1\nb: 2\n");
  const auto other = publish_policy_file("mx: a.x\n" + begin + "mx: b.x\na: 1\nb: 2\n");
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->etag, "\"" + one->id + "\"");
  EXPECT_EQ(one->etag, other->etag);
  EXPECT_EQ(one->body, other->body);
  EXPECT_EQ(one->body,
            "version: STSv1\r\nmode: testing\r\nmx: a.x\r\nmx: b.x\r\nmax_age: 86400\r\na: 1\r\nb: 2\r\n");
  const auto turned = publish_policy_file("mx: a.x\n" + begin + "mx: b.x\nb: 2\na: 1\n");
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->id, one->id);
  EXPECT_NE(turned->body, one->body);
  EXPECT_NE(turned->etag, one->etag);
  EXPECT_EQ(turned->etag.size(), one->etag.size());
}

TEST(PublishedPolicy, OrdersMxAsPeopleDo) {
  const std::vector<std::string> ordered{"a.x",    "mx1.x",   "mx01.x", "mx2.x",
                                         "mx10.x", "mx10a.x", "*.a.x",  "*.b.x"};
  std::vector<std::string> mx(ordered.rbegin(), ordered.rend());
  const Policy policy =
      canonical_policy({.mode = Mode::testing, .mx = mx, .max_age_seconds = 1, .extensions = {}});
  EXPECT_EQ(canonical_policy(policy), policy);
  EXPECT_EQ(std::vector(policy.mx.end() - 2, policy.mx.end()), std::vector(ordered.end() - 2, ordered.end()));
  EXPECT_LT(std::ranges::find(policy.mx, "mx2.x"), std::ranges::find(policy.mx, "mx10.x"));
  EXPECT_EQ(policy.mx.size(), ordered.size());
}

TEST(PublishedPolicyFile, RefusesWhatTheStrictReadingRefuses) {  // R39
  const auto published = publish_policy_file("version: STSv1\nmode: none\nmax_age: 31557601\n");
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, PolicyErrorCode::bad_max_age);
  EXPECT_EQ(published.error().where, (text::Position{3, 10}));
}

TEST(PublishedPolicyFile, RefusesWhatIsTooLargeWithCrlf) {  // R38: 65536 bytes as they are sent
  std::string body = "version: STSv1\nmode: none\nmax_age: 1\n";
  const std::size_t lines = 4;
  body += "pad: " + std::string(policy_limit_bytes - lines - body.size() - 6, 'x') + "\n";
  const auto fits = publish_policy_file(body);
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->body.size(), policy_limit_bytes);
  body.insert(body.size() - 1, "x");
  ASSERT_LE(body.size(), policy_limit_bytes);
  const auto too_large = publish_policy_file(body);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, PolicyErrorCode::too_large);
}

TEST(PublishedPolicyFile, WarnsOfALastLineWithoutLineEnd) {  // RFC 8461 section 3.2
  const auto published = publish_policy_file("version: STSv1\nmode: none\nmax_age: 86400");
  ASSERT_TRUE(published);
  EXPECT_EQ(published->body, publish_policy_file("version: STSv1\nmode: none\nmax_age: 86400\n")->body);
  ASSERT_EQ(published->warnings.size(), 1U);
  EXPECT_TRUE(published->warnings.front().starts_with("no-last-line-end: "));
}

TEST(PublishedPolicyFile, TakesEmptyLinesAtTheEndWithANotice) {  // P10
  const std::string policy = "version: STSv1\nmode: none\nmax_age: 60\n";
  for (const std::string_view end : {"\n", "\r\n \r\n", "\n\n\n", "  "}) {
    const auto published = publish_policy_file(policy + std::string(end));
    ASSERT_TRUE(published) << end;
    EXPECT_EQ(published->body, publish_policy_file(policy)->body);
    ASSERT_EQ(published->notices.size(), 1U);
    EXPECT_TRUE(published->notices.front().starts_with("blank-line: "));
  }
  EXPECT_TRUE(publish_policy_file(policy)->notices.empty());
  EXPECT_FALSE(publish_policy_file(policy + "\n\r"));
  EXPECT_FALSE(publish_policy_file("\n" + policy));
}

TEST(PublishedPolicyFile, HasTheWarningsOfLint) {
  const auto published = publish_policy_file(
      "version: STSv1\nmode: enforce\nmx: YOUR-MX-HOST-HERE\nmx: *.com\nmax_age: 86400\n");
  ASSERT_TRUE(published);
  ASSERT_EQ(published->warnings.size(), 3U);
  EXPECT_TRUE(published->warnings[0].starts_with("max-age-short: "));
  EXPECT_TRUE(published->warnings[1].starts_with("wildcard-wide: *.com"));
  EXPECT_TRUE(published->warnings[2].starts_with("mx-placeholder: your-mx-host-here"));
}

TEST(PublishedPolicyFile, SaysWhatIsWrongAndWhereMoreIsTold) {
  const auto refused =
      publish_policy_file("version: STSv1\nmode: testing\nmx: <your-mx-host>\nmax_age: 86400\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      to_message(refused.error(), "/srv/sts.txt"),
      "bad-mx in \"/srv/sts.txt\" line 3 column 5: This is the placeholder of an example: write the name of "
      "an MX "
      "host of the domain, one line for each. 'mta-sts lint /srv/sts.txt' shows every fault and its fix");
  EXPECT_TRUE(
      to_message(refused.error(), "/srv/a b").ends_with("'mta-sts lint FILE' shows every fault and its fix"));
}

TEST(RecordLine, IsTheRecordToPublish) {  // R16
  EXPECT_EQ(record_value("abc"), "v=STSv1; id=abc;");
  EXPECT_EQ(txt_zone_line("_mta-sts.example.com", record_value("abc"), 300),
            "_mta-sts.example.com. 300 IN TXT \"v=STSv1; id=abc;\"");
}

}  // namespace
}  // namespace mta_sts::publish
