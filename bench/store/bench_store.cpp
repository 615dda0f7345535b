// What bench/store/measure.py needs in C++:
//   bench_store STORE DOMAINS COUNT   looks COUNT of the DOMAINS domains up by their policy host, in a mixed
//   order
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "base/number.hpp"
#include "store/reader.hpp"

namespace {

using namespace mta_sts;

int look_up(const std::string& path, std::size_t domains, std::size_t count) {
  const auto reader = store::StoreReader::open(path);
  if (!reader) {
    std::fprintf(stderr, "%s\n", reader.error().detail.c_str());
    return 1;
  }
  store::ReadSlot slot = (*reader)->slot();
  std::vector<std::string> hosts;
  hosts.reserve(count);
  for (std::size_t at = 0; at < count; ++at) {  // a prime: all of them, far apart
    hosts.push_back("mta-sts.customer-" + std::to_string(at * 7368787 % domains) + ".example");
  }
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& host : hosts) {
    const auto found = slot.lookup_host(host);
    if (!found || !*found) {
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
