#pragma once

#include <gtest/gtest.h>
#include "sender/decide/verdict_service.hpp"
#include "unit/sender/fakes.hpp"

/// A VerdictService whose DNS, fetches, store and clock a test decides.
namespace mta_sts::sender::service {

using namespace std::chrono_literals;
using namespace fakes;

class VerdictServiceTest : public testing::Test {
 protected:
  FakeClock clock;
  FakeLog log;
  FakeDns dns;
  FakeFetch fetch;
  FakeStore store;
  VerdictServiceLimits limits;
  std::unique_ptr<VerdictService> service;
  std::vector<Verdict> verdicts;

  void SetUp() override { start(); }

  void start() {
    service = std::make_unique<VerdictService>(dns, fetch, store, clock, log, limits);
    service->load();
  }

  void ask(std::string_view domain = "example.com") {
    service->ask(domain, [this](const Verdict& verdict) { verdicts.push_back(verdict); });
  }

  /// Asks for a domain with a record, whose fetch ends so.
  void learn(const std::string& domain, const FetchResult& result) {
    ask(domain);
    ASSERT_FALSE(dns.open.empty()) << domain;
    dns.answer(id_is("A"));
    ASSERT_FALSE(fetch.open.empty()) << domain;
    fetch.answer(result);
  }

  /// Has the domain's policy fetched and known.
  void know(std::string_view mode, std::uint64_t max_age, std::string_view domain = "example.com") {
    ask(domain);
    dns.answer(id_is("A"));
    fetch.answer(serves(mode, max_age));
  }

  void tick_for_a_minute() {
    for (int i = 0; i < 61; ++i) {
      service->tick();
    }
  }

  std::uint64_t counter(std::string_view name) {
    for (const Counter& counter : service->stats()) {
      if (counter.name == name) {
        return counter.value;
      }
    }
    return 9999;
  }
};

}  // namespace mta_sts::sender::service
