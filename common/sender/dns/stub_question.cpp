#include "sender/dns/stub_question.hpp"

#include <algorithm>

namespace mta_sts::sender {

std::optional<std::size_t> StubQuestion::next_server() {
  while (round < rounds) {
    if (next == attempts.size()) {
      next = 0;
      ++round;
      continue;
    }
    const std::size_t server = (first + next++) % attempts.size();
    const StubAttempt::State state = attempts[server].state;
    if (state != StubAttempt::State::failed && state != StubAttempt::State::streaming) {
      return server;
    }
  }
  return std::nullopt;
}

bool StubQuestion::may_be_answered() const {
  return std::ranges::any_of(attempts, &StubAttempt::may_answer);
}

}  // namespace mta_sts::sender
