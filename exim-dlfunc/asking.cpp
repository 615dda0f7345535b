#include "asking.hpp"

#include <algorithm>

#include "verdict/verdict_line.hpp"

namespace mta_sts::exim {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds sign_of_life_wait{1000};

// An address can have no policy, so this needs no lookup.
constexpr std::string_view simple_request = "verdict [192.0.2.1]";

bool answers_at_all(ResolverAddress address) {
  address.wait = std::min(address.wait, sign_of_life_wait);
  return exchange_line(address, simple_request).has_value();
}

}  // namespace

std::string find_verdict_line(const VerdictArguments& arguments, Memory& memory) {
  if (const auto fault = domain_fault(arguments.domain)) {
    return render_verdict_line(temp_verdict(*fault));
  }
  ResolverAddress address = arguments.address;
  RecentAnswers& recent = memory.recent;
  const auto now = steady_clock::now();
  if (const auto* known = recent.find(address.socket_path, arguments.domain, now)) {
    return *known;
  }
  address.wait = memory.patience.wait(address.wait, now);
  const auto verdict = request_verdict(address, arguments.domain);
  std::string line = render_verdict_line(verdict ? *verdict : temp_verdict(verdict.error()));
  const bool is_silent = !verdict && verdict.error() == "deadline";
  if (is_silent) {
    memory.patience.note_deadline(steady_clock::now());
  }
  if (verdict || (is_silent && answers_at_all(address))) {
    recent.keep(address.socket_path, arguments.domain, line, steady_clock::now() + answer_life);
  } else {
    const auto life = is_silent ? silence_life : answer_life;
    recent.keep_for_all(address.socket_path, line, steady_clock::now() + life);
  }
  return line;
}

}  // namespace mta_sts::exim
