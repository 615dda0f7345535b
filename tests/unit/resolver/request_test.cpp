#include "resolver/request.hpp"

#include <gtest/gtest.h>

#include "verdict/verdict_line.hpp"

namespace mta_sts::resolver {
namespace {

void good(std::string_view line, RequestKind kind, std::string_view domain) {
  const auto request = parse_request(line);
  ASSERT_TRUE(request) << line;
  EXPECT_EQ(*request, (Request{kind, std::string(domain)})) << line;
}

void bad(std::string_view line, RequestError error) {
  const auto request = parse_request(line);
  ASSERT_FALSE(request) << line;
  EXPECT_EQ(request.error(), error) << line;
}

TEST(Request, ReadsEveryForm) {
  good("verdict example.com", RequestKind::verdict, "example.com");
  good("verdict m\u00fcnchen.de", RequestKind::verdict, "m\u00fcnchen.de");
  good("verdict a..b", RequestKind::verdict, "a..b");  // whether it is a domain is judged elsewhere
  good("verdict *", RequestKind::verdict, "*");
  good("explain example.com", RequestKind::explain, "example.com");
  good("cache list", RequestKind::cache_list, "");
  good("cache list example.com", RequestKind::cache_list, "example.com");
  good("cache stats", RequestKind::cache_stats, "");
  good("cache show example.com", RequestKind::cache_show, "example.com");
  good("cache refresh example.com", RequestKind::cache_refresh, "example.com");
  good("cache purge example.com", RequestKind::cache_purge, "example.com");
  good("cache purge *", RequestKind::cache_purge, "");
}

TEST(Request, RefusesWhatIsNone) {
  bad("", RequestError::unknown_request);
  bad(" verdict a", RequestError::unknown_request);
  bad("Verdict a", RequestError::unknown_request);
  bad("verdicta", RequestError::unknown_request);
  bad("cache", RequestError::unknown_request);
  bad("cache  list", RequestError::unknown_request);
  bad("cache listing", RequestError::unknown_request);
  bad("cache empty", RequestError::unknown_request);
  bad("verdict", RequestError::missing_domain);
  bad("verdict ", RequestError::missing_domain);
  bad("cache purge", RequestError::missing_domain);  // the whole cache goes only where that is said
  bad("cache purge ", RequestError::missing_domain);
  bad("cache list ", RequestError::missing_domain);
  bad("verdict a b", RequestError::unexpected_word);
  bad("verdict  a", RequestError::unexpected_word);
  bad("verdict a ", RequestError::unexpected_word);
  bad("cache stats a", RequestError::unexpected_word);
}

TEST(Request, RefusesControlsAndBrokenUtf8) {
  bad("verdict a\r", RequestError::bad_character);
  bad("verdict a\tb", RequestError::bad_character);
  bad("verdict a\x7f", RequestError::bad_character);
  bad("verdict \xff", RequestError::bad_character);
  bad("verdict \xc3", RequestError::bad_character);
  bad(std::string_view("verdict a\0b", 11), RequestError::bad_character);
}

TEST(Request, HoldsToTheLimitOfALine) {
  const std::string longest = "verdict " + std::string(request_limit_bytes - 8, 'a');
  good(longest, RequestKind::verdict, std::string_view(longest).substr(8));
  bad(longest + "a", RequestError::too_long);
}

TEST(Request, LetsEverybodyAskForVerdictsAlone) {
  EXPECT_FALSE(is_privileged(RequestKind::verdict));
  for (const RequestKind kind :
       {RequestKind::explain, RequestKind::cache_list, RequestKind::cache_show, RequestKind::cache_refresh,
        RequestKind::cache_purge, RequestKind::cache_stats}) {
    EXPECT_TRUE(is_privileged(kind));
  }
}

}  // namespace
}  // namespace mta_sts::resolver
