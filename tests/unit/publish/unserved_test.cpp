#include "publish/unserved.hpp"

#include <gtest/gtest.h>

namespace mta_sts::publish {
namespace {

constexpr std::string_view path = "/.well-known/mta-sts.txt";

TEST(ShowsHindrance, OfWhatSendersAskAndDoNotGet) {
  for (const int status : {200, 301, 302, 401, 403, 404, 429, 444, 500, 503}) {
    EXPECT_TRUE(shows_hindrance("GET", path, status)) << status;
  }
  EXPECT_TRUE(shows_hindrance("HEAD", "/.well-known/mta-sts.txt?x=1?y", 404));
}

TEST(ShowsHindrance, NotOfOtherRequests) {
  EXPECT_FALSE(shows_hindrance("POST", path, 403));
  EXPECT_FALSE(shows_hindrance("GET", "/", 403));
  EXPECT_FALSE(shows_hindrance("GET", "/.well-known/mta-sts.txt/", 404));
  EXPECT_FALSE(shows_hindrance("GET", "/.well-known/MTA-STS.txt", 404));
}

TEST(ShowsHindrance, NotOfFaultsOfTheClient) {
  for (const int status : {0, 100, 400, 408, 412, 413, 414, 421, 431, 499}) {
    EXPECT_FALSE(shows_hindrance("GET", path, status)) << status;
  }
}

}  // namespace
}  // namespace mta_sts::publish
