// What it costs to hold many policies in memory, and to ask for one. See README.md.
#include <openssl/x509_vfy.h>
#include <uv.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/handle.hpp"
#include "sender/decide/verdict_service.hpp"
#include "sender/dns/stub_resolver.hpp"
#include "sender/fetch/curl_fetch.hpp"
#include "sender/store/sqlite_store.hpp"

namespace {

using namespace mta_sts;
using Timer = std::chrono::steady_clock;

// DNS that says at once that the record has not changed.
class SameDns final : public sender::DnsLookup {
 public:
  void lookup(std::string_view, sender::DnsType, Done done) override {
    sender::DnsAnswer answer;
    answer.status = DnsStatus::no_error;
    answer.ttl = std::chrono::seconds(300);
    answer.records.emplace_back(sender::TxtData{"v=STSv1; id=20261124T000000Z;"});
    done(std::move(answer));
  }
};

double milliseconds_since(Timer::time_point begun) {
  return std::chrono::duration<double, std::milli>(Timer::now() - begun).count();
}

void print_memory(const char* when) {
  std::ifstream file("/proc/self/smaps_rollup");
  long resident = 0;
  long anonymous = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Rss:")) {
      resident = std::strtol(line.c_str() + 4, nullptr, 10);
    } else if (line.starts_with("Pss_Anon:")) {
      anonymous = std::strtol(line.c_str() + 9, nullptr, 10);
    }
  }
  std::printf("memory %-22s Pss_Anon %6.1f MB  Rss %6.1f MB\n", when, static_cast<double>(anonymous) / 1024,
              static_cast<double>(resident) / 1024);
}

std::string domain_name(int number) {
  return "customer" + std::to_string(number) + ".mail.example";
}

bool fill(sender::PolicyStore& store, int policies, const Clock& clock) {
  for (int i = 0; i < policies; ++i) {
    sender::StoredEntry entry;
    entry.domain = domain_name(i);
    entry.policy =
        sender::StoredEntry::Policy{.id = "20261124T000000Z",
                                    .body = "version: STSv1\r\nmode: enforce\r\nmx: mx1." + entry.domain +
                                            "\r\nmx: mx2." + entry.domain + "\r\nmax_age: 1209600\r\n",
                                    .fetched = clock.now()};
    entry.used = clock.now();
    if (!store.store(entry)) {
      return false;
    }
  }
  return true;
}

int run(const std::filesystem::path& folder, int policies) {
  const SystemClock clock;
  NullLog log;
  const std::string path = (folder / "cache.sqlite").string();
  auto begun = Timer::now();
  {
    auto store = sender::SqliteStore::open(path, log, clock);
    if (!store || !fill(**store, policies, clock)) {
      std::fputs("cannot fill a cache file\n", stderr);
      return 1;
    }
  }
  std::printf("fill   %d policies         %8.1f ms\n", policies, milliseconds_since(begun));

  uv_loop_t loop;
  uv_loop_init(&loop);
  auto dns = std::make_unique<sender::StubResolver>(&loop, sender::StubResolverOptions{});
  auto fetch = sender::CurlFetch::create(&loop, *dns, {});
  if (!fetch) {
    std::fprintf(stderr, "%s\n", fetch.error().detail.c_str());
    return 1;
  }
  print_memory("before the load");
  begun = Timer::now();
  auto store = sender::SqliteStore::open(path, log, clock);
  SameDns same;
  sender::VerdictService service(same, **fetch, **store, clock, log);
  service.load();
  std::printf("load   %d policies         %8.1f ms\n", policies, milliseconds_since(begun));
  print_memory("with the policies");
  long known = 0;
  for (int round = 0; round < 2; ++round) {  // the first asks TXT, the second finds all in memory
    begun = Timer::now();
    for (int i = 0; i < policies; ++i) {
      service.ask(domain_name(i),
                  [&](const Verdict& verdict) { known += verdict.mode == VerdictMode::enforce; });
    }
  }
  const double milliseconds = milliseconds_since(begun);
  std::printf("hit    %8.0f a second, %.2f us each; %ld of %d answered with enforce\n",
              policies / milliseconds * 1000, milliseconds * 1000 / policies, known, 2 * policies);
  const Handle<X509_STORE, X509_STORE_free> roots(X509_STORE_new());
  X509_STORE_load_file(roots.get(), sender::CurlFetchOptions().ca_file.c_str());
  print_memory("with the roots too");
  fetch->reset();
  dns.reset();
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  return known == 2L * policies ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  std::string pattern = (std::filesystem::temp_directory_path() / "bench-sender-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    std::fputs("no folder for the cache file\n", stderr);
    return 1;
  }
  const int policies =
      count > 1 ? static_cast<int>(std::clamp(std::strtol(words[1], nullptr, 10), 1L, 10000000L)) : 10000;
  const int code = run(pattern, policies);
  std::filesystem::remove_all(pattern);
  return code;
}
