#include "resolver/postfix_map.hpp"

#include <gtest/gtest.h>

#include "unit/sender/fakes.hpp"

namespace mta_sts::resolver {
namespace {

using namespace std::chrono_literals;
using namespace sender::fakes;

class PostfixMapTest : public testing::Test {
 protected:
  FakeDns dns;
  FakeFetch fetch;
  FakeStore store;
  FakeClock clock;
  FakeLog log;
  sender::VerdictService service{dns, fetch, store, clock, log};
  sender::MailRoutes routes{dns, clock, {.dane = false}};
  PostfixMap map{service, routes, clock, [] {}};

  std::string ask(std::string_view payload) {
    std::string text = "nothing yet";
    static_cast<void>(
        map.answer_request(payload, 0, [&](std::string answer, bool) { text = std::move(answer); }));
    return text;
  }
  std::uint64_t questions() {
    for (const sender::Counter& counter : service.stats()) {
      if (counter.name == "asked") {
        return counter.value;
      }
    }
    return 0;
  }
};

constexpr std::string_view secure = "OK secure match=mail.example.com servername=hostname";

TEST_F(PostfixMapTest, GivesAnAnswerAgainWithinItsSecondAlone) {
  dns.now_says["_mta-sts.example.com"] = id_is("1");
  std::string first;
  static_cast<void>(
      map.answer_request("policy example.com", 0, [&](std::string text, bool) { first = std::move(text); }));
  fetch.answer(serves("enforce", 86400));
  EXPECT_EQ(first, secure);
  EXPECT_EQ(ask("policy example.com"), secure);
  EXPECT_EQ(ask("policy example.com"), secure);
  EXPECT_EQ(questions(), 1U);
  EXPECT_TRUE(ask("policy-tlsrpt example.com").starts_with(std::string(secure) + " policy_type=sts"));
  clock.advance(1s);
  EXPECT_EQ(ask("policy example.com"), secure);
  EXPECT_EQ(questions(), 3U);
  EXPECT_TRUE(service.purge("example.com"));
  clock.advance(1s);
  EXPECT_EQ(ask("policy example.com"), "nothing yet");  // looked up anew
}

TEST_F(PostfixMapTest, RemembersNoFailure) {
  dns.now_says["_mta-sts.example.com"] = fails();
  EXPECT_EQ(ask("policy example.com"), "TEMP txt-lookup-failed");
  EXPECT_EQ(ask("policy example.com"), "TEMP txt-lookup-failed");
  EXPECT_EQ(questions(), 2U);
}

TEST_F(PostfixMapTest, CutsNetstringsAndSaysWhereTheyBreak) {
  EXPECT_EQ(map.cut("18:policy example.com,rest").request, "policy example.com");
  EXPECT_EQ(map.cut("18:policy exam").taken, 0U);
  EXPECT_EQ(map.cut("18:policy exam").error, std::nullopt);
  EXPECT_EQ(map.cut("018:policy").error, RequestError::malformed);
  EXPECT_EQ(map.cut("9999:").error, RequestError::too_long);
  EXPECT_EQ(map.frame("NOTFOUND "), "9:NOTFOUND ,");
}

}  // namespace
}  // namespace mta_sts::resolver
