// The service over a real cache file: what attacks on it and damage to it leave of live enforce policies.
#include <filesystem>
#include <functional>

#include "sender/store/sqlite_store.hpp"
#include "unit/sender/verdict_service_fixture.hpp"

namespace mta_sts::sender::service {
namespace {

namespace fs = std::filesystem;

/// A policy whose hosts are only in the file.
FetchResult serves_many_hosts(std::string_view mode) {
  std::string body = "version: STSv1\r\nmode: " + std::string(mode) + "\r\nmax_age: 604800\r\n";
  for (int i = 0; body.size() < 9000; ++i) {
    body += "mx: host" + std::to_string(i) + ".large.example\r\n";
  }
  return FetchedPolicy{
      .policy = parse_policy(body, Reading::sender).value(), .body = body, .peer = "192.0.2.1"};
}

class VerdictServiceStoreTest : public VerdictServiceTest {
 protected:
  fs::path folder;
  std::string path;
  std::unique_ptr<SqliteStore> file;

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "verdict-store-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    path = (folder / "cache.sqlite").string();
    restart();
  }
  void TearDown() override {
    end();
    fs::remove_all(folder);
  }

  // As a kill does: nothing more is written.
  void end() {
    service.reset();
    file.reset();
    dns.open.clear();
    fetch.open.clear();
  }

  void restart() {
    end();
    auto opened = SqliteStore::open(path, log, clock);
    ASSERT_TRUE(opened) << opened.error().detail;
    file = *std::move(opened);
    service = std::make_unique<VerdictService>(dns, fetch, *file, clock, log, limits);
    service->load();
  }

  /// Asks while nobody on the way lets the domain's record or its policy host be seen.
  Verdict ask_under_attack(const std::string& domain) {
    const std::size_t before = verdicts.size();
    ask(domain);
    while (!dns.open.empty() || !fetch.open.empty()) {
      if (!dns.open.empty()) {
        dns.answer(txt_says({}));
      } else {
        fetch.answer(breaks());
      }
    }
    EXPECT_EQ(verdicts.size(), before + 1) << domain;
    return verdicts.back();
  }

  void expect_enforce(const std::string& domain) {
    const Verdict verdict = ask_under_attack(domain);
    EXPECT_EQ(verdict.mode, VerdictMode::enforce) << domain << " " << verdict.reason;
    EXPECT_FALSE(verdict.mx.empty()) << domain;
  }
};

TEST_F(VerdictServiceStoreTest, StrangersWithManyAddressesTakeNobodysPlace) {  // R85, R95
  limits.entries = 60;
  restart();
  const auto address = [](const char* network, int i) { return network + std::to_string(i); };
  for (int i = 0; i < 8; ++i) {
    learn("known" + std::to_string(i) + ".example",
          serves("enforce", 604800, "a.example", address("192.0.2.", i)));
  }
  for (int i = 0; i < 300; ++i) {
    const std::string domain = "d" + std::to_string(i) + ".stranger.example";
    learn(domain, serves("enforce", 604800, "a.example", address("198.51.100.", i % 5)));
    static_cast<void>(ask_under_attack(domain));
  }
  learn("bank.example", serves("enforce", 604800, "a.example", "203.0.113.1"));
  for (int run = 0; run < 2; ++run) {
    expect_enforce("bank.example");
    for (int i = 0; i < 8; ++i) {
      expect_enforce("known" + std::to_string(i) + ".example");
    }
    EXPECT_EQ(counter("entries"), 60U);
    restart();
    clock.advance(301s);
  }
}

// What somebody may do to the files of a running process; afterwards it is killed.
TEST_F(VerdictServiceStoreTest, ACutFileTakesNoPolicyAway) {  // R85, R91
  const std::vector<std::function<void()>> harms{
      [&] { fs::resize_file(path + "-wal", 0); },
      [&] { fs::resize_file(path + "-wal", fs::file_size(path + "-wal") / 2); },
      [&] { fs::resize_file(path, 0); },
      [&] { fs::resize_file(path, fs::file_size(path) / 2); },
      [&] {
        fs::resize_file(path, 0);
        fs::resize_file(path + "-wal", 0);
      },
  };
  for (std::size_t i = 0; i < harms.size(); ++i) {
    SCOPED_TRACE(i);
    end();
    for (const auto& left : fs::directory_iterator(folder)) {
      fs::remove(left);
    }
    restart();
    learn("old.example", serves_many_hosts("enforce"));
    restart();  // it is in the file now, the others in its log
    learn("large.example", serves_many_hosts("enforce"));
    learn("small.example", serves("enforce", 604800));
    harms[i]();
    service->tick();
    restart();
    expect_enforce("small.example");
    for (const char* domain : {"old.example", "large.example"}) {
      const Verdict verdict = ask_under_attack(domain);
      EXPECT_NE(verdict.mode, VerdictMode::none) << domain << " " << verdict.reason;
      if (verdict.mode == VerdictMode::temp) {
        EXPECT_EQ(verdict.reason, "cache-row-damaged") << domain;
        EXPECT_EQ(service->explain(domain).verdict.mode, VerdictMode::temp) << domain;
      }
    }
  }
}

TEST_F(VerdictServiceStoreTest, WhatLostItsHostsIsFetchedByItself) {
  learn("large.example", serves_many_hosts("enforce"));
  fs::resize_file(path + "-wal", 0);
  service->tick();
  restart();
  tick_for_a_minute();
  ASSERT_EQ(dns.open.size(), 1U);
  dns.answer(txt_says({}));
  ASSERT_EQ(fetch.open.size(), 1U);
  fetch.answer(serves_many_hosts("enforce"));
  expect_enforce("large.example");
  restart();
  expect_enforce("large.example");
}

TEST_F(VerdictServiceStoreTest, ADamagedRowStaysKnownOverARestart) {
  learn("large.example", serves_many_hosts("enforce"));
  ASSERT_TRUE(file->remove("large.example"));  // as a row whose sum does not hold
  EXPECT_EQ(ask_under_attack("large.example").reason, "cache-row-damaged");
  service->tick();
  restart();
  EXPECT_EQ(ask_under_attack("large.example").reason, "cache-row-damaged");
  clock.advance(std::chrono::days(8));
  EXPECT_EQ(ask_under_attack("large.example").mode, VerdictMode::none);  // its max_age is over
}

TEST_F(VerdictServiceStoreTest, NoMailWaitsForTheHostsOfATestingPolicy) {
  learn("large.example", serves_many_hosts("testing"));
  ASSERT_TRUE(file->remove("large.example"));
  const Verdict verdict = ask_under_attack("large.example");
  EXPECT_EQ(verdict.mode, VerdictMode::none);
  EXPECT_EQ(verdict.reason, "cache-row-damaged");
}

}  // namespace
}  // namespace mta_sts::sender::service
