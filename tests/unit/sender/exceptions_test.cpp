#include "sender/decide/exceptions.hpp"

#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

constexpr std::string_view pinned_body =
    "version: STSv1\r\nmode: enforce\r\nmx: pinned.example\r\nmax_age: 86400\r\n";

std::expected<std::string, Fault> read_policy(const std::string& path) {
  if (path == "/policies/good") {
    return std::string(pinned_body);
  }
  if (path == "/policies/none") {
    return "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n";
  }
  if (path == "/policies/bad") {
    return "version: STSv1\r\nmode: maybe\r\nmax_age: 86400\r\n";
  }
  return std::unexpected(Fault{"exceptions-wrong", "file-unreadable \"" + path + "\""});
}

std::expected<Exceptions, Fault> parse(std::string_view text) {
  return Exceptions::parse(text, "list", &read_policy);
}

TEST(Exceptions, ReadsALineADomain) {
  const auto exceptions = parse(
      "# a comment\n\n  Off.example. off\r\ntest.example\ttesting  \npinned.example policy=/policies/good\n"
      "m\xC3\xBCnchen.example off");
  ASSERT_TRUE(exceptions) << exceptions.error().detail;
  EXPECT_EQ(exceptions->size(), 4U);
  EXPECT_EQ(exceptions->find("off.example")->kind, Exception::Kind::off);
  EXPECT_EQ(exceptions->find("test.example")->kind, Exception::Kind::testing);
  EXPECT_EQ(exceptions->find("pinned.example")->kind, Exception::Kind::pinned);
  EXPECT_NE(exceptions->find("xn--mnchen-3ya.example"), nullptr);
  EXPECT_EQ(exceptions->find("sub.off.example"), nullptr);
  EXPECT_TRUE(parse("")->size() == 0);
}

TEST(Exceptions, NamesTheWrongLineAndWord) {
  const auto bad = [](std::string_view text, std::string_view words) {
    const auto exceptions = parse(text);
    ASSERT_FALSE(exceptions) << text;
    EXPECT_TRUE(exceptions.error().detail.starts_with("list:2: ")) << exceptions.error().detail;
    EXPECT_NE(exceptions.error().detail.find(words), std::string::npos) << exceptions.error().detail;
  };
  bad("#\na.example", "\"\" is no exception");
  bad("#\na.example none", "\"none\" is no exception");
  bad("#\na.example policy=", "\"policy=\" is no exception");
  bad("#\na.example OFF", "\"OFF\" is no exception");
  bad("#\na..example off", "\"a..example\" is not a domain");
  bad("#\n192.0.2.1 off", "\"192.0.2.1\" is not a domain");
  bad("#\na.example off testing", "\"testing\" is one word too many");
  bad("a.example off\nA.example. testing", "\"a.example\" stands here a second time");
  bad("#\na.example policy=/policies/bad", "/policies/bad is no policy: line 2: bad-mode");
  bad("#\na.example policy=/none", "file-unreadable");
  bad("#\na.ex\x01mple off", "control character");
  bad("#\n" + std::string(9000, 'a') + " off", "too long");
}

TEST_F(VerdictServiceTest, ObeysExceptionsAndLosesNothingByThem) {
  know("enforce", 86400, "off.example");
  know("enforce", 86400, "test.example");
  know("enforce", 86400, "pinned.example");
  service->set_exceptions(
      *parse("off.example off\ntest.example testing\npinned.example policy=/policies/good\n"
             "nothing.example policy=/policies/none\n"));
  const auto asked = dns.asked;
  ask("off.example");
  EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
  EXPECT_EQ(verdicts.back().reason, "exception-off");
  ask("test.example");
  EXPECT_EQ(verdicts.back().mode, VerdictMode::testing);
  EXPECT_EQ(verdicts.back().reason, "exception-testing");
  EXPECT_FALSE(verdicts.back().mx.empty());
  ask("pinned.example");
  EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
  EXPECT_EQ(verdicts.back().mx, std::vector<std::string>{"pinned.example"});
  EXPECT_EQ(verdicts.back().expires, clock.time + 86400s);
  EXPECT_EQ(service->explain("pinned.example").verdict, verdicts.back());
  ask("nothing.example");
  EXPECT_EQ(verdicts.back().mode, VerdictMode::none);
  EXPECT_EQ(dns.asked, asked);
  service->set_exceptions({});
  for (const char* domain : {"off.example", "test.example", "pinned.example"}) {
    ask(domain);
    EXPECT_EQ(verdicts.back().mode, VerdictMode::enforce);
    EXPECT_EQ(verdicts.back().source, VerdictSource::cache);
    EXPECT_TRUE(verdicts.back().reason.empty());
  }
}

TEST_F(VerdictServiceTest, ObeysAnExceptionThatComesWhileSomebodyWaits) {
  for (const char* domain : {"off.example", "pinned.example", "test.example"}) {
    ask(domain);
  }
  service->set_exceptions(
      *parse("off.example off\npinned.example policy=/policies/good\ntest.example testing"));
  for (int i = 0; i < 3; ++i) {
    dns.answer(id_is("A"));
    fetch.answer(serves("enforce", 86400));
  }
  ASSERT_EQ(verdicts.size(), 3U);
  EXPECT_EQ(verdicts[0].reason, "exception-off");
  EXPECT_EQ(verdicts[1].mx, std::vector<std::string>{"pinned.example"});
  EXPECT_EQ(verdicts[2].reason, "exception-testing");
}

}  // namespace
}  // namespace mta_sts::sender::service
