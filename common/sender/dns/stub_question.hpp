#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sender/dns/dns_sockets.hpp"
#include "sender/dns_lookup.hpp"

namespace mta_sts::sender {

struct StubQuestion;

/// A socket to one name server, and the questions that went out by it, by number. It lives as long as one of
/// them is open.
struct StubLink : std::enable_shared_from_this<StubLink> {
  StubLink(std::size_t to, std::size_t& links) : server(to), count(&links) { ++links; }
  ~StubLink() { --*count; }
  StubLink(const StubLink&) = delete;
  StubLink& operator=(const StubLink&) = delete;

  std::size_t server;
  std::size_t* count;
  std::size_t uses = 0;
  std::unique_ptr<DnsDatagrams> socket;
  std::unordered_map<std::uint16_t, StubQuestion*> asked;
};

/// What one name server has of one question.
struct StubAttempt {
  enum class State : std::uint8_t { untried, asked, streaming, unreachable, failed };

  State state = State::untried;
  bool edns = true;
  std::shared_ptr<StubLink> link;
  std::uint16_t id = 0;
  std::unique_ptr<DnsStream> stream;

  [[nodiscard]] bool may_answer() const { return state == State::asked || state == State::streaming; }
};

/// One open question. Every server is asked three times, in rounds; each round waits twice as long for each
/// server as the one before.
struct StubQuestion {
  static constexpr unsigned rounds = 3;
  static constexpr std::uint64_t parts_of_rounds = 1 + 2 + 4;

  std::string name;  ///< the name asked now: the first one, or the end of its aliases
  DnsType type = DnsType::txt;
  DnsLookup::Done done;
  std::uint64_t deadline = 0;  ///< milliseconds on the loop's clock
  std::multimap<std::uint64_t, StubQuestion*>::iterator due;
  std::vector<StubAttempt> attempts;  ///< one a server
  std::size_t first = 0;              ///< the server where each round begins
  std::size_t next = 0;               ///< the place in the round
  unsigned round = 0;
  std::optional<DnsAnswer> failure;  ///< the last that a server gave
  bool own_trouble = false;
  std::vector<std::string> aliases;
  std::chrono::seconds ttl{std::chrono::days(7)};
  bool authenticated = true;

  /// Gives the server to ask now; nothing where the rounds are over.
  [[nodiscard]] std::optional<std::size_t> next_server();

  [[nodiscard]] bool is_last_asked(std::size_t server) const {
    return next > 0 && (first + next - 1) % attempts.size() == server;
  }

  /// Tells whether the server asked last ends a round that another one follows: that is waited for even where
  /// nobody is there, so that a name server may start again.
  [[nodiscard]] bool is_between_rounds() const { return next == attempts.size() && round + 1 < rounds; }

  [[nodiscard]] bool may_be_answered() const;
};

}  // namespace mta_sts::sender
