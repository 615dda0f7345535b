#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "policy/parse_policy.hpp"
#include "sender/dns_lookup.hpp"
#include "sender/policy_fetch.hpp"
#include "sender/policy_store.hpp"

namespace mta_sts::sender::fakes {

class FakeClock final : public Clock {
 public:
  std::chrono::sys_seconds time{std::chrono::seconds(1'000'000'000)};

  [[nodiscard]] std::chrono::sys_seconds now() const override { return time; }
  void advance(std::chrono::seconds by) { time += by; }
};

/// Keeps every line as "word: message".
class FakeLog final : public Log {
 public:
  std::vector<std::pair<std::string, std::string>> lines;

  void write(LogLevel, std::string_view word, std::string_view message) noexcept override {
    lines.emplace_back(word, message);
  }
  [[nodiscard]] std::size_t count(std::string_view word) const {
    std::size_t number = 0;
    for (const auto& [found, message] : lines) {
      number += found == word ? 1U : 0U;
    }
    return number;
  }
};

/// Of an answer for both families, what the question for one of them gets.
inline DnsAnswer of_type(DnsAnswer answer, DnsType type) {
  const auto is_of_other = [type](const DnsData& data) {
    const auto* address = std::get_if<IpAddress>(&data);
    return address != nullptr && address->is_v6() != (type == DnsType::aaaa);
  };
  if (std::erase_if(answer.records, is_of_other) > 0 && answer.records.empty()) {
    answer.status = DnsStatus::no_data;
  }
  return answer;
}

/// Keeps questions until the test answers them; answers at once where `now_says` has the name.
class FakeDns final : public DnsLookup {
 public:
  struct Question {
    std::string name;
    DnsType type;
    Done done;
  };
  std::deque<Question> open;
  std::map<std::string, DnsAnswer, std::less<>> now_says;
  std::size_t asked = 0;

  void lookup(std::string_view name, DnsType type, Done done) override {
    ++asked;
    if (const auto found = now_says.find(name); found != now_says.end()) {
      done(of_type(found->second, type));
      return;
    }
    open.push_back({.name = std::string(name), .type = type, .done = std::move(done)});
  }
  /// Answers the oldest open question of a type.
  void answer(DnsType type, const DnsAnswer& answer) {
    const auto found = std::ranges::find(open, type, &Question::type);
    const Question question = std::move(*found);
    open.erase(found);
    question.done(answer);
  }
  /// Answers the oldest open question.
  void answer(const DnsAnswer& answer) {
    const Question question = std::move(open.front());
    open.pop_front();
    question.done(answer);
  }
};

inline DnsAnswer txt_says(std::vector<std::string> texts,
                          std::chrono::seconds ttl = std::chrono::seconds(300)) {
  DnsAnswer answer;
  answer.status = texts.empty() ? DnsStatus::no_data : DnsStatus::no_error;
  answer.ttl = ttl;
  for (std::string& text : texts) {
    answer.records.emplace_back(TxtData{std::move(text)});
  }
  return answer;
}

inline DnsAnswer id_is(std::string_view id) {
  return txt_says({"v=STSv1; id=" + std::string(id) + ";"});
}

inline DnsAnswer fails(DnsStatus status = DnsStatus::serv_fail) {
  DnsAnswer answer;
  answer.status = status;
  return answer;
}

class FakeFetch final : public PolicyFetch {
 public:
  struct Request {
    std::string domain;
    FetchOrder order;
  };
  std::deque<Request> open;
  std::size_t asked = 0;
  bool has_place = true;            ///< false: a fetch waits for another's end
  std::optional<IpAddress> shared;  ///< the address of all policy hosts; without it each has its own

  [[nodiscard]] IpAddress address() const {
    return shared.value_or(*IpAddress::parse("198.51.100." + std::to_string(asked % 250)));
  }

  void fetch(const DomainName& domain, FetchOrder order) override {
    ++asked;
    if (has_place && order.begun) {
      order.begun(address());
    }
    open.push_back({.domain = domain.text(), .order = std::move(order)});
  }
  void answer(const FetchResult& result) {
    const Request request = std::move(open.front());
    open.pop_front();
    request.order.done(result);
  }
};

inline FetchResult serves(std::string_view mode, std::uint64_t max_age,
                          std::string_view mx = "mail.example.com", std::string_view peer = "192.0.2.1") {
  const std::string body = "version: STSv1\r\nmode: " + std::string(mode) + "\r\nmx: " + std::string(mx) +
                           "\r\nmax_age: " + std::to_string(max_age) + "\r\n";
  return FetchedPolicy{
      .policy = parse_policy(body, Reading::sender).value(), .body = body, .peer = std::string(peer)};
}

inline FetchResult breaks(FetchErrorKind kind = FetchErrorKind::connect_failure) {
  return std::unexpected(FetchError{.kind = kind, .detail = "as the test says"});
}

class FakeStore final : public PolicyStore {
 public:
  std::map<std::string, StoredEntry, std::less<>> rows;
  bool broken = false;
  bool intact = true;  ///< false, once: it has lost rows

  bool load(const std::function<void(StoredEntry)>& take) override {
    for (const auto& [domain, entry] : rows) {
      take(entry);
    }
    return true;
  }
  std::optional<StoredEntry> load_one(std::string_view domain) override {
    const auto found = rows.find(domain);
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  bool store(const StoredEntry& entry) override {
    if (!broken) {
      rows[entry.domain] = entry;
    }
    return !broken;
  }
  bool is_intact() override { return std::exchange(intact, true); }
  bool note_use(std::string_view domain, std::chrono::sys_seconds used, std::uint32_t asks) override {
    const auto found = rows.find(domain);
    if (!broken && found != rows.end()) {
      found->second.used = used;
      found->second.asks = asks;
    }
    return !broken;
  }
  bool remove(std::string_view domain) override {
    if (const auto found = rows.find(domain); !broken && found != rows.end()) {
      rows.erase(found);
    }
    return !broken;
  }
};

}  // namespace mta_sts::sender::fakes
