#include "sender/cares_dns.hpp"

#include <gtest/gtest.h>

#include "unit/sender/dns_test_server.hpp"

namespace mta_sts {
namespace {

using namespace std::chrono_literals;
using namespace fakes;
using Bytes = DnsBuilder::Bytes;
using Query = DnsTestServer::Query;

constexpr std::string_view name = "_mta-sts.example.com";

class CaresDnsTest : public testing::Test {
 protected:
  TestLoop loop;
  std::vector<std::unique_ptr<DnsTestServer>> servers;
  std::unique_ptr<CaresDns> dns;
  std::vector<DnsAnswer> answers;

  DnsTestServer& serve(DnsTestServer::Handler handler) {
    servers.push_back(std::make_unique<DnsTestServer>(&loop.loop, std::move(handler)));
    return *servers.back();
  }

  void start(std::chrono::milliseconds deadline = 5000ms) {
    CaresDnsOptions options;
    options.deadline = deadline;
    for (const auto& server : servers) {
      options.servers.push_back(server->address());
    }
    auto created = CaresDns::create(&loop.loop, options);
    ASSERT_TRUE(created);
    dns = *std::move(created);
  }

  void ask(std::string_view asked = name, DnsType type = DnsType::txt) {
    dns->lookup(asked, type, [this](DnsAnswer answer) { answers.push_back(std::move(answer)); });
  }

  DnsAnswer answer(std::string_view asked = name, DnsType type = DnsType::txt) {
    const std::size_t before = answers.size();
    ask(asked, type);
    EXPECT_TRUE(loop.run_until([&] { return answers.size() > before; }));
    return answers.size() > before ? answers.back() : DnsAnswer{};
  }

  static DnsBuilder reply(const Query& query, std::string_view asked = name, DnsType type = DnsType::txt) {
    DnsBuilder builder(asked, type);
    builder.id(query.id());
    return builder;
  }
};

TEST_F(CaresDnsTest, AsksWithAdAndGivesTheAnswerBack) {
  serve([](const Query& query) {
    EXPECT_TRUE(query.asks_ad());
    return reply(query).txt(name, 77, {"v=STSv1; ", "id=A;"}).flags(0x81A0).bytes();
  });
  start();
  const DnsAnswer got = answer();
  ASSERT_EQ(got.status, DnsStatus::no_error);
  EXPECT_EQ(std::get<TxtData>(got.records[0]), (TxtData{"v=STSv1; ", "id=A;"}));
  EXPECT_EQ(got.ttl, 77s);
  EXPECT_TRUE(got.authenticated);
}

TEST_F(CaresDnsTest, PassesOverTxtOfAnotherOwner) {
  serve([](const Query& query) { return reply(query).txt("other.test", 60, {"v=STSv1; id=evil;"}).bytes(); });
  start();
  EXPECT_EQ(answer().status, DnsStatus::no_data);
}

TEST_F(CaresDnsTest, TellsFailuresApart) {  // R15
  unsigned rcode = 2;
  serve([&](const Query& query) { return reply(query).rcode(rcode).bytes(); });
  start();
  EXPECT_EQ(answer().status, DnsStatus::serv_fail);
  rcode = 5;
  EXPECT_EQ(answer().status, DnsStatus::refused);
  rcode = 3;
  EXPECT_EQ(answer().status, DnsStatus::nx_domain);
  rcode = 0;
  EXPECT_EQ(answer().status, DnsStatus::no_data);
}

TEST_F(CaresDnsTest, AsksByTcpWhereTheAnswerIsCutOff) {
  const DnsTestServer& server = serve([](const Query& query) {
    DnsBuilder builder = reply(query);
    if (!query.tcp) {
      return builder.flags(0x8380).bytes();
    }
    for (int i = 0; i < 200; ++i) {  // far over a datagram
      builder.txt(name, 60, {std::string(250, 'x')});
    }
    return builder.bytes();
  });
  start();
  EXPECT_EQ(answer().records.size(), 200U);
  EXPECT_EQ(server.queries(), 2);
}

TEST_F(CaresDnsTest, GoesToTheNextServerAndStaysThere) {
  const DnsTestServer& bad = serve([](const Query& query) { return reply(query).rcode(2).bytes(); });
  serve([](const Query& query) { return reply(query).txt(name, 60, {"a"}).bytes(); });
  start();
  EXPECT_EQ(answer().status, DnsStatus::no_error);
  EXPECT_EQ(bad.queries(), 1);
  EXPECT_EQ(answer().status, DnsStatus::no_error);
  EXPECT_EQ(bad.queries(), 1);
}

TEST_F(CaresDnsTest, GoesPastADeadServer) {
  serve([](const Query&) { return std::nullopt; });
  serve([](const Query& query) { return reply(query).txt(name, 60, {"a"}).bytes(); });
  start(1500ms);
  EXPECT_EQ(answer().status, DnsStatus::no_error);
}

TEST_F(CaresDnsTest, GivesUpAtItsDeadline) {
  const DnsTestServer& silent = serve([](const Query&) { return std::nullopt; });
  start(700ms);
  const std::uint64_t begun = uv_hrtime();
  EXPECT_EQ(answer().status, DnsStatus::timeout);
  const std::uint64_t milliseconds = (uv_hrtime() - begun) / 1'000'000;
  EXPECT_GE(milliseconds, 400U);
  EXPECT_LE(milliseconds, 1500U);
  EXPECT_EQ(silent.queries(), 3);
}

TEST_F(CaresDnsTest, TakesGarbageForAFailure) {
  serve([](const Query& query) {
    Bytes bytes = query.bytes;
    bytes[2] = 0x81;
    bytes[7] = 5;  // claims five answers and has none
    return bytes;
  });
  start(700ms);
  EXPECT_EQ(answer().status, DnsStatus::serv_fail);
}

TEST_F(CaresDnsTest, AsksForATargetThatNothingWasSaidAbout) {
  serve([](const Query& query) {
    const std::string text(query.bytes.begin(), query.bytes.end());
    if (text.find("target") != std::string::npos) {
      return reply(query, "target.test").txt("target.test", 50, {"v=STSv1; id=A;"}).bytes();
    }
    return reply(query).cname(name, 40, "target.test").bytes();
  });
  start();
  const DnsAnswer got = answer();
  EXPECT_EQ(got.status, DnsStatus::no_error);
  EXPECT_EQ(got.aliases, std::vector<std::string>{"target.test"});
}

TEST_F(CaresDnsTest, EndsInAChainOfBareAliases) {
  int hops = 0;
  serve([&](const Query& query) {
    const std::string asked = hops == 0 ? std::string(name) : "h" + std::to_string(hops) + ".test";
    ++hops;
    return reply(query, asked).cname(asked, 40, "h" + std::to_string(hops) + ".test").bytes();
  });
  start();
  EXPECT_EQ(answer().status, DnsStatus::cname_loop);
  EXPECT_LE(hops, 10);
}

TEST_F(CaresDnsTest, KeepsManyQuestionsApart) {
  serve([](const Query& query) {
    const auto length = query.bytes[12];
    const std::string label(query.bytes.begin() + 13, query.bytes.begin() + 13 + length);
    const std::string asked = label + ".test";
    return reply(query, asked).txt(asked, 60, {label}).bytes();
  });
  start();
  int right = 0;
  for (int i = 0; i < 500; ++i) {
    const std::string label = "n" + std::to_string(i);
    dns->lookup(label + ".test", DnsType::txt, [&right, label](const DnsAnswer& got) {
      right += got.records.size() == 1 && std::get<TxtData>(got.records[0])[0] == label ? 1 : 0;
    });
  }
  EXPECT_TRUE(loop.run_until([&] { return right == 500; }));
}

TEST_F(CaresDnsTest, EndsOpenQuestionsAtItsEnd) {
  serve([](const Query&) { return std::nullopt; });
  start();
  ask();
  ask("other.test", DnsType::a);
  loop.run_until([] { return false; }, 30);
  dns.reset();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].status, DnsStatus::timeout);
}

TEST_F(CaresDnsTest, RefusesNamesItCannotAsk) {
  serve([](const Query&) { return std::nullopt; });
  start();
  ask("a..b");
  ask(std::string(300, 'a'));
  EXPECT_TRUE(loop.run_until([&] { return answers.size() == 2; }, 2000));
  EXPECT_EQ(answers[0].status, DnsStatus::serv_fail);
}

}  // namespace
}  // namespace mta_sts
