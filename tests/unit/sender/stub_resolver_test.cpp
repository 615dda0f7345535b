#include "sender/dns/stub_resolver.hpp"

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <set>

#include "unit/sender/dns_test_server.hpp"

namespace mta_sts::sender {
namespace {

using namespace std::chrono_literals;
using namespace fakes;
using Bytes = DnsBuilder::Bytes;
using Query = DnsTestServer::Query;

constexpr std::string_view name = "_mta-sts.example.com";

class StubResolverTest : public testing::Test {
 protected:
  TestLoop loop;
  std::vector<std::unique_ptr<DnsTestServer>> servers;
  std::unique_ptr<StubResolver> dns;
  std::vector<DnsAnswer> answers;
  std::vector<DnsServer> extra;  // asked before those of `servers`

  DnsTestServer& serve_at(std::uint16_t port, DnsTestServer::Handler handler) {
    servers.push_back(std::make_unique<DnsTestServer>(&loop.loop, std::move(handler), port));
    return *servers.back();
  }

  DnsTestServer& serve(DnsTestServer::Handler handler) {
    servers.push_back(std::make_unique<DnsTestServer>(&loop.loop, std::move(handler)));
    return *servers.back();
  }

  void start(std::chrono::milliseconds deadline = 5000ms) {
    StubResolverOptions options;
    options.deadline = deadline;
    options.servers = extra;
    for (const auto& server : servers) {
      options.servers.push_back(server->address());
    }
    dns = std::make_unique<StubResolver>(&loop.loop, std::move(options));
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

TEST_F(StubResolverTest, AsksWithAdAndGivesTheAnswerBack) {
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

TEST_F(StubResolverTest, PassesOverTxtOfAnotherOwner) {
  serve([](const Query& query) { return reply(query).txt("other.test", 60, {"v=STSv1; id=evil;"}).bytes(); });
  start();
  EXPECT_EQ(answer().status, DnsStatus::no_data);
}

TEST_F(StubResolverTest, TellsFailuresApart) {  // R15
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

TEST_F(StubResolverTest, AsksByTcpWhereTheAnswerIsCutOff) {
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

TEST_F(StubResolverTest, GoesToTheNextServerAndStaysThere) {
  const DnsTestServer& bad = serve([](const Query& query) { return reply(query).rcode(2).bytes(); });
  serve([](const Query& query) { return reply(query).txt(name, 60, {"a"}).bytes(); });
  start();
  EXPECT_EQ(answer().status, DnsStatus::no_error);
  EXPECT_EQ(bad.queries(), 1);
  EXPECT_EQ(answer().status, DnsStatus::no_error);
  EXPECT_EQ(bad.queries(), 1);
}

TEST_F(StubResolverTest, GoesPastADeadServer) {
  serve([](const Query&) { return std::nullopt; });
  serve([](const Query& query) { return reply(query).txt(name, 60, {"a"}).bytes(); });
  start(1500ms);
  EXPECT_EQ(answer().status, DnsStatus::no_error);
}

// A port where nobody listens: the kernel says so at once.
DnsServer closed_port() {
  TestLoop loop;
  return DnsTestServer(&loop.loop, [](const Query&) { return std::nullopt; }).address();
}

TEST_F(StubResolverTest, GoesPastAServerThatIsNotThereAtOnce) {
  extra.push_back(closed_port());
  serve([](const Query& query) { return reply(query).txt(name, 60, {"a"}).bytes(); });
  start(60000ms);  // to wait for the first one would take 4 s
  EXPECT_EQ(answer().status, DnsStatus::no_error);
  EXPECT_EQ(answer().status, DnsStatus::no_error);
}

TEST_F(StubResolverTest, WaitsForAServerThatStartsAgain) {
  const DnsServer address = closed_port();
  extra.push_back(address);
  start(2100ms);
  ask();
  loop.run_until([] { return false; }, 50);
  ASSERT_TRUE(answers.empty());
  serve_at(address.port, [](const Query& query) { return reply(query).txt(name, 60, {"a"}).bytes(); });
  EXPECT_TRUE(loop.run_until([&] { return !answers.empty(); }));
  EXPECT_EQ(answers.front().status, DnsStatus::no_error);
}

TEST_F(StubResolverTest, EndsWhereNobodyIsThere) {
  extra.push_back(closed_port());
  extra.push_back(closed_port());
  start(700ms);
  const DnsAnswer got = answer();
  EXPECT_EQ(got.status, DnsStatus::timeout);
  EXPECT_TRUE(got.own_trouble);  // nobody was asked, which says nothing about the name
}

TEST_F(StubResolverTest, SilenceOfAServerMayBeTheNamesOwnTrouble) {
  extra.push_back(closed_port());
  serve([](const Query&) { return std::nullopt; });
  start(700ms);
  const DnsAnswer got = answer();
  EXPECT_EQ(got.status, DnsStatus::timeout);
  EXPECT_FALSE(got.own_trouble);
}

TEST_F(StubResolverTest, AReferralIsNoAnswer) {  // of a server that does not look up names for others
  unsigned flags = 0x8100;
  serve([&](const Query& query) {
    return reply(query).flags(static_cast<std::uint16_t>(flags)).ns("test", 60, "ns.test").bytes();
  });
  start(700ms);
  EXPECT_EQ(answer().status, DnsStatus::serv_fail);
  flags = 0x8180;  // one that does
  EXPECT_EQ(answer().status, DnsStatus::no_data);
  flags = 0x8500;  // or that the zone belongs to
  EXPECT_EQ(answer().status, DnsStatus::no_data);
}

TEST_F(StubResolverTest, TakesALateAnswerOfTheServerBefore) {
  DnsTestServer& slow = serve([](const Query&) { return std::nullopt; });
  std::optional<Query> first;
  serve([&](const Query&) {
    slow.send_late(reply(*first).txt(name, 60, {"late"}).bytes());
    return std::nullopt;
  });
  slow.set_handler([&](const Query& query) {
    first = query;
    return std::nullopt;
  });
  start(2000ms);
  EXPECT_EQ(answer().status, DnsStatus::no_error);
}

TEST_F(StubResolverTest, TakesNoAnswerToAnotherQuestion) {
  DnsTestServer* server = nullptr;
  server = &serve([&](const Query& query) {
    DnsBuilder forged = reply(query);
    server->send_late(reply(query, "other.test").txt("other.test", 60, {"forged"}).bytes());
    server->send_late(reply(query, name, DnsType::mx).txt(name, 60, {"forged"}).bytes());
    server->send_late(
        reply(query).id(static_cast<std::uint16_t>(query.id() + 1)).txt(name, 60, {"forged"}).bytes());
    server->send_late(query.bytes);  // a question is no answer
    server->send_late({});
    server->send_late({query.bytes[0], query.bytes[1]});
    return reply(query).txt(name, 60, {"true"}).bytes();
  });
  start();
  const DnsAnswer got = answer();
  ASSERT_EQ(got.status, DnsStatus::no_error);
  EXPECT_EQ(std::get<TxtData>(got.records[0]), TxtData{"true"});
}

TEST_F(StubResolverTest, DrawsPortsAndNumbers) {  // RFC 5452 section 9.2
  std::set<std::uint16_t> ports;
  std::set<std::uint16_t> numbers;
  serve([&](const Query& query) {
    ports.insert(query.port);
    numbers.insert(query.id());
    return reply(query).bytes();
  });
  start();
  for (int i = 0; i < 50; ++i) {
    answer();
  }
  EXPECT_GT(ports.size(), 40U);
  EXPECT_GT(numbers.size(), 40U);
  const std::size_t before = ports.size();
  int answered = 0;
  for (int i = 0; i < 1000; ++i) {
    dns->lookup(name, DnsType::txt, [&](const DnsAnswer&) { ++answered; });
  }
  EXPECT_TRUE(loop.run_until([&] { return answered == 1000; }));
  EXPECT_GT(ports.size(), before + 10) << "one socket must not serve a thousand questions";
}

TEST_F(StubResolverTest, AsksWithoutEdnsWhereTheServerKnowsNone) {  // RFC 6891 section 7
  serve([](const Query& query) {
    const bool edns = query.bytes[11] == 1;
    return edns ? reply(query).rcode(1).bytes() : reply(query).txt(name, 60, {"a"}).bytes();
  });
  start();
  EXPECT_EQ(answer().status, DnsStatus::no_error);
}

TEST_F(StubResolverTest, AsksWithoutEdnsInTheEndWhereItIsDropped) {
  serve([](const Query& query) {
    const bool edns = query.bytes[11] == 1;
    return edns ? std::nullopt : std::optional(reply(query).txt(name, 60, {"a"}).bytes());
  });
  start(700ms);
  EXPECT_EQ(answer().status, DnsStatus::no_error);
}

TEST_F(StubResolverTest, GoesToTheNextServerWhereTcpFails) {
  serve([](const Query& query) { return reply(query).flags(0x8380).bytes(); }).hang_up_on_tcp();
  serve([](const Query& query) { return reply(query).txt(name, 60, {"a"}).bytes(); });
  start();
  EXPECT_EQ(answer().status, DnsStatus::no_error);
}

TEST_F(StubResolverTest, TakesNoAnswerByTcpThatIsCutOffToo) {
  serve([](const Query& query) { return reply(query).flags(0x8380).bytes(); });
  start();
  EXPECT_EQ(answer().status, DnsStatus::serv_fail);
}

TEST_F(StubResolverTest, TellsAServersOwnFailureRatherThanSilence) {
  serve([](const Query& query) { return reply(query).rcode(2).bytes(); });
  serve([](const Query&) { return std::nullopt; });
  start(700ms);
  EXPECT_EQ(answer().status, DnsStatus::serv_fail);
}

TEST_F(StubResolverTest, TellsWhereThisHostHasNoSocketLeft) {
  serve([](const Query& query) { return reply(query).txt(name, 60, {"a"}).bytes(); });
  start(700ms);
  rlimit kept{};
  getrlimit(RLIMIT_NOFILE, &kept);
  const int next = dup(0);
  close(next);
  const rlimit full{.rlim_cur = static_cast<rlim_t>(next), .rlim_max = kept.rlim_max};
  setrlimit(RLIMIT_NOFILE, &full);
  const DnsAnswer got = answer();
  setrlimit(RLIMIT_NOFILE, &kept);
  EXPECT_EQ(got.status, DnsStatus::timeout);
  EXPECT_TRUE(got.own_trouble);
  EXPECT_EQ(answer().status, DnsStatus::no_error);
}

TEST_F(StubResolverTest, PassesOverAServerOfAZoneThatIsNotHere) {
  extra.push_back(*parse_dns_server("fe80::1%nowhere0"));
  serve([](const Query& query) { return reply(query).txt(name, 60, {"a"}).bytes(); });
  start(60000ms);
  EXPECT_EQ(answer().status, DnsStatus::no_error);
}

TEST_F(StubResolverTest, KeepsWithinItsDescriptors) {
  const auto open_files = [] {
    std::size_t count = 0;
    DIR* folder = opendir("/proc/self/fd");
    while (readdir(folder) != nullptr) {
      ++count;
    }
    closedir(folder);
    return count;
  };
  serve([](const Query&) { return std::nullopt; });
  start(300ms);
  const std::size_t before = open_files();
  for (int i = 0; i < 20000; ++i) {
    ask();
  }
  loop.run_until([] { return false; }, 30);
  EXPECT_LE(open_files() - before, StubResolver::descriptor_limit);
  EXPECT_TRUE(loop.run_until([&] { return answers.size() == 20000; }));
  EXPECT_LE(open_files(), before + 1);
}

TEST_F(StubResolverTest, GivesUpAtItsDeadline) {
  const DnsTestServer& silent = serve([](const Query&) { return std::nullopt; });
  start(700ms);
  const std::uint64_t begun = uv_hrtime();
  EXPECT_EQ(answer().status, DnsStatus::timeout);
  const std::uint64_t milliseconds = (uv_hrtime() - begun) / 1'000'000;
  EXPECT_GE(milliseconds, 400U);
  EXPECT_LE(milliseconds, 1500U);
  EXPECT_EQ(silent.queries(), 3);
}

TEST_F(StubResolverTest, TakesGarbageForAFailure) {
  serve([](const Query& query) {
    Bytes bytes = query.bytes;
    bytes[2] = 0x81;
    bytes[7] = 5;  // claims five answers and has none
    return bytes;
  });
  start(700ms);
  EXPECT_EQ(answer().status, DnsStatus::serv_fail);
}

TEST_F(StubResolverTest, AsksForATargetThatNothingWasSaidAbout) {
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

TEST_F(StubResolverTest, EndsInAChainOfBareAliases) {
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

TEST_F(StubResolverTest, KeepsManyQuestionsApart) {
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

TEST_F(StubResolverTest, EndsOpenQuestionsAtItsEnd) {
  serve([](const Query&) { return std::nullopt; });
  start();
  ask();
  ask("other.test", DnsType::a);
  loop.run_until([] { return false; }, 30);
  dns.reset();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].status, DnsStatus::timeout);
}

TEST_F(StubResolverTest, RefusesNamesItCannotAsk) {
  serve([](const Query&) { return std::nullopt; });
  start();
  ask("a..b");
  ask(std::string(300, 'a'));
  EXPECT_TRUE(loop.run_until([&] { return answers.size() == 2; }, 2000));
  EXPECT_EQ(answers[0].status, DnsStatus::serv_fail);
}

}  // namespace
}  // namespace mta_sts::sender
