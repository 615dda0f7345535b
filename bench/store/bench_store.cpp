// What bench/store/measure.py needs in C++:
//   bench_store STORE DOMAINS COUNT   looks COUNT of the DOMAINS domains up by their policy host, in a mixed
//   order
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "base/number.hpp"
#include "publish/web_answer.hpp"
#include "store/served_store.hpp"

namespace {

using namespace mta_sts;

// Gives the size of the body that a web server would copy; 0 where there is none. Measured by its name.
[[gnu::noinline]] std::size_t serve_host(store::ServedStore& store, std::string_view host, char* room) {
  std::size_t bytes = 0;
  constexpr std::chrono::milliseconds now{1};
  const auto done = store.lookup(publish::policy_domain_of_host(host), now,
                                 [&](const std::optional<store::StoredPolicyView>& policy) {
                                   bytes = policy ? policy->body.copy(room, policy_limit_bytes) : 0;
                                 });
  return done ? bytes : 0;
}

int look_up(const std::string& path, std::size_t domains, std::size_t count) {
  store::ServedStore store(path);
  std::vector<std::string> hosts;
  hosts.reserve(count);
  for (std::size_t at = 0; at < count; ++at) {  // a prime: all of them, far apart
    hosts.push_back("mta-sts.customer-" + std::to_string(at * 7368787 % domains) + ".example");
  }
  std::vector<char> room(policy_limit_bytes);
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& host : hosts) {
    if (serve_host(store, host, room.data()) == 0) {
      std::fprintf(stderr, "%s: not found\n", host.c_str());
      return 1;
    }
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.0f\n", took.count() / static_cast<double>(count));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  const auto number = [&](std::size_t at) {
    return static_cast<std::size_t>(text::parse_decimal(words[at], 1'000'000'000).value_or(0));
  };
  if (words.size() == 4 && number(2) > 0 && number(3) > 0) {
    return look_up(words[1], number(2), number(3));
  }
  std::fprintf(stderr, "bench_store STORE DOMAINS COUNT\n");
  return 2;
}
