// What bench/resolver/measure.py needs in C++:
//   bench_resolver seed FILE COUNT              a cache of COUNT policies, through the product's own store
//   bench_resolver ask SOCKET COUNT CONNECTIONS SECONDS   cached answers a second, and the time of one
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/number.hpp"
#include "sender/store/sqlite_store.hpp"

namespace {

using namespace mta_sts;
using Moment = std::chrono::steady_clock::time_point;

std::string domain_of(std::size_t number) {
  return "domain-" + std::to_string(number) + ".example";
}

int seed(const std::string& path, std::size_t count) {
  NullLog log;
  const SystemClock clock;
  auto store = sender::SqliteStore::open(path, log, clock);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().detail.c_str());
    return 1;
  }
  for (std::size_t i = 0; i < count; ++i) {
    sender::StoredEntry entry;
    entry.domain = domain_of(i);
    entry.used = std::chrono::floor<std::chrono::days>(clock.now());
    entry.policy = sender::StoredEntry::Policy{
        .id = "20260101T000000",
        .body = "version: STSv1\r\nmode: enforce\r\nmx: mx1." + entry.domain + "\r\nmx: mx2." + entry.domain +
                "\r\nmax_age: 1209600\r\n",
        .fetched = clock.now() - std::chrono::seconds(static_cast<long>(i % 3600))};
    if (!(*store)->store(entry)) {
      return 1;
    }
  }
  return 0;
}

struct Connection {
  int socket = -1;
  Moment asked;
  std::string answer;
};

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? socket : -1;
}

class Asker {
 public:
  Asker(std::string path, std::size_t domains) : path_(std::move(path)), domains_(domains) {}

  bool run(std::size_t connections, std::chrono::seconds time) {
    for (std::size_t i = 0; i < connections; ++i) {
      connections_.push_back({connect_to(path_), {}, {}});
      if (connections_.back().socket < 0) {
        return false;
      }
    }
    const Moment end = std::chrono::steady_clock::now() + time;
    for (Connection& connection : connections_) {
      ask(connection);
    }
    while (std::chrono::steady_clock::now() < end) {
      if (!wait_and_take()) {
        return false;
      }
    }
    for (const Connection& connection : connections_) {
      ::close(connection.socket);
    }
    return true;
  }

  void print(std::chrono::seconds time) {
    std::ranges::sort(times_);
    const auto at = [&](double part) {
      return times_.empty() ? 0.0
                            : times_[static_cast<std::size_t>(part * static_cast<double>(times_.size() - 1))];
    };
    std::printf("{\"answers_per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"cached\": %s}\n",
                static_cast<double>(times_.size()) / static_cast<double>(time.count()), at(0.5), at(0.99),
                all_cached_ ? "true" : "false");
  }

 private:
  void ask(Connection& connection) {
    next_ = (next_ + 7919) % domains_;
    const std::string line = "verdict " + domain_of(next_) + "\n";
    connection.asked = std::chrono::steady_clock::now();
    connection.answer.clear();
    static_cast<void>(::send(connection.socket, line.data(), line.size(), MSG_NOSIGNAL));
  }

  bool wait_and_take() {
    std::vector<pollfd> waiting;
    waiting.reserve(connections_.size());
    for (const Connection& connection : connections_) {
      waiting.push_back({connection.socket, POLLIN, 0});
    }
    if (::poll(waiting.data(), waiting.size(), 5000) <= 0) {
      return false;
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0 && !take(connections_[i])) {
        return false;
      }
    }
    return true;
  }

  bool take(Connection& connection) {
    char chunk[8192];
    const ssize_t got = ::recv(connection.socket, chunk, sizeof chunk, 0);
    if (got <= 0) {
      return false;
    }
    connection.answer.append(chunk, static_cast<std::size_t>(got));
    if (connection.answer.ends_with('\n')) {
      const std::chrono::duration<double, std::micro> took =
          std::chrono::steady_clock::now() - connection.asked;
      times_.push_back(took.count());
      all_cached_ = all_cached_ && connection.answer.find("mode=enforce") != std::string::npos;
      ask(connection);
    }
    return true;
  }

  std::string path_;
  std::size_t domains_;
  std::vector<Connection> connections_;
  std::vector<double> times_;
  std::size_t next_ = 0;
  bool all_cached_ = true;
};

int ask(const std::string& path, std::size_t domains, std::size_t connections, std::size_t seconds) {
  Asker asker(path, domains);
  const std::chrono::seconds time(seconds);
  if (!asker.run(connections, time)) {
    std::fprintf(stderr, "the resolver does not answer at %s\n", path.c_str());
    return 1;
  }
  asker.print(time);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const auto number = [&](std::size_t at) {
    return static_cast<std::size_t>(text::parse_decimal(words[at], 100000000).value_or(0));
  };
  if (words.size() == 3 && words[0] == "seed" && number(2) > 0) {
    return seed(words[1], number(2));
  }
  if (words.size() == 5 && words[0] == "ask" && number(2) > 0 && number(3) > 0 && number(4) > 0) {
    return ask(words[1], number(2), number(3), number(4));
  }
  std::fprintf(stderr, "bench_resolver seed FILE COUNT | ask SOCKET COUNT CONNECTIONS SECONDS\n");
  return 2;
}
