#include "resolver/cache_requests.hpp"

#include <gtest/gtest.h>

#include "os/uv_loop.hpp"
#include "unit/sender/fakes.hpp"

namespace mta_sts::resolver {
namespace {

using namespace sender::fakes;

constexpr std::size_t many = 1000;

class CacheRequestsTest : public testing::Test {
 protected:
  FakeDns dns;
  FakeFetch fetch;
  FakeStore store;
  FakeClock clock;
  FakeLog log;
  sender::VerdictService service{dns, fetch, store, clock, log};
  std::unique_ptr<UvLoop> loop = UvLoop::create();
  CacheRequests requests{loop->get(), service};
  std::vector<std::string> answers;
  std::size_t verdicts = 0;

  ~CacheRequestsTest() override { loop->close(); }

  void ask(const std::string& domain) {
    service.ask(domain, [this](const Verdict&) { ++verdicts; });
  }

  void know(const std::string& domain) {
    ask(domain);
    dns.answer(txt_says({}));
  }

  void know_many() {
    for (std::size_t i = 0; i < many; ++i) {
      know("d" + std::to_string(i) + ".example");
    }
  }

  void purge_all(uid_t peer = 0) {
    requests.answer({.kind = RequestKind::cache_purge, .domain = {}}, peer,
                    [this](const std::string& text, bool) { answers.push_back(text); });
  }

  void run_until_answered(std::size_t number) {
    while (answers.size() < number && loop->run_once()) {
    }
  }
};

TEST_F(CacheRequestsTest, APurgeOfAllLeavesTurnsForQuestions) {
  know_many();
  purge_all();
  ASSERT_TRUE(loop->run_once());
  EXPECT_TRUE(answers.empty());
  EXPECT_LT(service.domains().size(), many);
  const std::size_t before = verdicts;
  ask(service.domains().front());
  EXPECT_EQ(verdicts, before + 1);
  know("new.example");  // after the purge was asked for: none of its domains
  run_until_answered(1);
  EXPECT_EQ(answers, std::vector<std::string>{R"({"purged":1000})"});
  EXPECT_EQ(service.domains(), std::vector<std::string>{"new.example"});
}

TEST_F(CacheRequestsTest, EachPurgeOfAllIsAnswered) {
  know_many();
  purge_all();
  purge_all();
  ASSERT_TRUE(loop->run_once());
  know("new.example");
  run_until_answered(2);
  EXPECT_EQ(answers, (std::vector<std::string>{R"({"purged":1000})", R"({"purged":1})"}));
  EXPECT_FALSE(loop->run_once());  // the process sleeps again
}

TEST_F(CacheRequestsTest, APurgeOfAllIsOneLineInTheLog) {
  know_many();
  log.lines.clear();
  purge_all();
  run_until_answered(1);
  ASSERT_EQ(log.count("policy-purged"), 1U);
  EXPECT_EQ(log.lines.front().second, "forgets all domains (1000) as asked for");
  know("one.example");
  requests.answer({.kind = RequestKind::cache_purge, .domain = "one.example"}, 0,
                  [](const std::string&, bool) {});
  EXPECT_EQ(log.count("policy-purged"), 2U);
  EXPECT_EQ(log.lines.back().second, "forgot one.example as asked for");
}

TEST_F(CacheRequestsTest, AnEmptyCacheIsPurgedToo) {
  purge_all();
  run_until_answered(1);
  EXPECT_EQ(answers, std::vector<std::string>{R"({"purged":0})"});
}

TEST_F(CacheRequestsTest, NobodyElsePurges) {
  know("kept.example");
  purge_all(::geteuid() + 1);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_NE(answers.front().find("not-permitted"), std::string::npos);
  EXPECT_EQ(service.domains().size(), 1U);
}

}  // namespace
}  // namespace mta_sts::resolver
