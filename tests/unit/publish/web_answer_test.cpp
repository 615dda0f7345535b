#include "publish/web_answer.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace mta_sts::publish {
namespace {

using namespace std::string_view_literals;

PublishedPolicy published() {
  return publish_policy({.mode = Mode::none, .mx = {}, .max_age_seconds = 60, .extensions = {}});
}

TEST(WebAnswer, AnswersGetAndHead) {  // R42, R45 to R48
  const PublishedPolicy policy = published();
  const auto get = answer_request("GET", "/.well-known/mta-sts.txt", policy);
  ASSERT_TRUE(get);
  EXPECT_EQ(get->status, 200);
  EXPECT_EQ(get->body, policy.body);
  EXPECT_EQ(get->etag, policy.etag);
  EXPECT_EQ(get->allow, "");
  EXPECT_TRUE(get->send_body);
  const auto head = answer_request("HEAD", policy_path, policy);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body.size(), get->body.size());  // the same Content-Length
  EXPECT_EQ(head->etag, get->etag);
  EXPECT_FALSE(head->send_body);
}

TEST(WebAnswer, RefusesOtherMethods) {  // R45
  const PublishedPolicy policy = published();
  for (const std::string_view method : {"POST"sv, "PUT"sv, "OPTIONS"sv, "get"sv, ""sv, "GET "sv, "G\0ET"sv}) {
    const auto answer = answer_request(method, policy_path, policy);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 405);
    EXPECT_EQ(answer->allow, "GET, HEAD");
    EXPECT_TRUE(answer->send_body);
    EXPECT_TRUE(answer->body.ends_with('\n'));
    EXPECT_EQ(answer->etag, "");
  }
}

TEST(WebAnswer, IsForThisPathAlone) {  // R42, R43
  const PublishedPolicy policy = published();
  for (const std::string_view path :
       {"/"sv, ""sv, "/.well-known/mta-sts.txt/"sv, "/.well-known/MTA-STS.txt"sv, "/.well-known/mta-sts"sv,
        "/foo/.well-known/mta-sts.txt"sv, ".well-known/mta-sts.txt"sv, "/.well-known/mta-sts.txt\0"sv}) {
    EXPECT_FALSE(answer_request("GET", path, policy)) << path;
  }
}

TEST(WebAnswer, HasNoPolicyOfAStoreThatLacksIt) {
  for (const auto& [reason, status] :
       {std::pair(NoPolicy::unknown_domain, 404), std::pair(NoPolicy::unavailable, 503)}) {
    const auto get = answer_without_policy("GET", policy_path, reason);
    ASSERT_TRUE(get);
    EXPECT_EQ(get->status, status);
    EXPECT_EQ(get->etag, "");
    EXPECT_TRUE(get->body.ends_with('\n'));
    EXPECT_TRUE(get->send_body);
    const auto head = answer_without_policy("HEAD", policy_path, reason);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, status);
    EXPECT_EQ(head->body, get->body);
    EXPECT_FALSE(head->send_body);
    EXPECT_EQ(answer_without_policy("POST", policy_path, reason)->status, 405);
    EXPECT_FALSE(answer_without_policy("GET", "/", reason));
  }
}

TEST(PolicyDomain, IsTheHostWithoutItsFirstLabel) {  // R53
  EXPECT_EQ(policy_domain_of_host("mta-sts.example.com"), "example.com");
  EXPECT_EQ(policy_domain_of_host("MTA-STS.Example.com"), "Example.com");
  EXPECT_EQ(policy_domain_of_host("mta-sts.example.com:8443"), "example.com");
  EXPECT_EQ(policy_domain_of_host("mta-sts.example.com.:443"), "example.com");
  EXPECT_EQ(policy_domain_of_host("mta-sts.example.com:"), "example.com");
}

TEST(PolicyDomain, IsEmptyForOtherHosts) {
  for (const std::string_view host :
       {""sv, "example.com"sv, "mta-sts"sv, "mta-sts."sv, "mta-sts.:443"sv, "mta-stsx.example.com"sv,
        "www.mta-sts.example.com"sv, "[2001:db8::1]:443"sv, "192.0.2.1"sv, "mta-sts.a b"sv, "mta-sts.a\nb"sv,
        "mta-sts.a\0b"sv, "mta-sts.a:b"sv, "mta-sts.a:1:2"sv}) {
    EXPECT_EQ(policy_domain_of_host(host), "") << host;
  }
}

}  // namespace
}  // namespace mta_sts::publish
