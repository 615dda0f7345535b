// Asks a socketmap as Postfix's delivery processes do: each connection has one lookup under way. See
// README.md.
//   bench_socketmap TARGET CONNECTIONS SECONDS DOMAINS_FILE MAP      SECONDS 0: every domain once
// TARGET is a path or an IPv4 ADDRESS:PORT. Prints one JSON object.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

using Timer = std::chrono::steady_clock;

struct Lookup {
  std::string bytes;
  bool hangs = false;  // its policy host never answers: its time is counted apart
};

struct Client {
  int descriptor = -1;
  std::string input;
  const Lookup* lookup = nullptr;
  Timer::time_point asked;
};

struct Result {
  std::vector<double> microseconds;
  double slowest_healthy = 0;
  std::size_t ok = 0;
  std::size_t not_found = 0;
  std::size_t others = 0;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(2);
}

int connect_to(const std::string& target) {
  const std::size_t colon = target.rfind(':');
  sockaddr_un path{};
  sockaddr_in address{};
  const bool is_path = target.starts_with('/');
  if (is_path) {
    path.sun_family = AF_UNIX;
    std::strncpy(path.sun_path, target.c_str(), sizeof path.sun_path - 1);
  } else {
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(target.c_str() + colon + 1)));
    inet_pton(AF_INET, target.substr(0, colon).c_str(), &address.sin_addr);
  }
  const int descriptor = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* where = is_path ? reinterpret_cast<sockaddr*>(&path) : reinterpret_cast<sockaddr*>(&address);
  if (connect(descriptor, where, is_path ? sizeof path : sizeof address) != 0) {
    fail("connect");
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

std::vector<Lookup> read_lookups(const char* file, const std::string& map) {
  std::vector<Lookup> lookups;
  std::ifstream lines(file);
  for (std::string domain; std::getline(lines, domain);) {
    const std::string request = map + " " + domain;
    lookups.push_back(
        {.bytes = std::to_string(request.size()) + ":" + request + ",", .hangs = domain.starts_with("hang")});
  }
  return lookups;
}

void ask(Client& client, const Lookup& lookup) {
  client.lookup = &lookup;
  client.asked = Timer::now();
  if (write(client.descriptor, lookup.bytes.data(), lookup.bytes.size()) !=
      static_cast<ssize_t>(lookup.bytes.size())) {
    fail("write");
  }
}

/// Reads what has come; true: the answer is whole, and counted.
bool take(Client& client, Result& result) {
  std::array<char, 65536> buffer;
  const ssize_t count = read(client.descriptor, buffer.data(), buffer.size());
  if (count <= 0) {
    fail("the server has ended the connection");
  }
  client.input.append(buffer.data(), static_cast<std::size_t>(count));
  const std::size_t colon = client.input.find(':');
  if (colon == std::string::npos ||
      client.input.size() < colon + 2 + std::strtoul(client.input.c_str(), nullptr, 10)) {
    return false;
  }
  const double took = std::chrono::duration<double, std::micro>(Timer::now() - client.asked).count();
  result.microseconds.push_back(took);
  result.slowest_healthy =
      client.lookup->hangs ? result.slowest_healthy : std::max(result.slowest_healthy, took);
  const std::string_view text = std::string_view(client.input).substr(colon + 1);
  ++(text.starts_with("OK ") ? result.ok : text.starts_with("NOTFOUND") ? result.not_found : result.others);
  client.input.clear();
  return true;
}

double run(const std::string& target, std::size_t connections, double seconds,
           const std::vector<Lookup>& lookups, Result& result) {
  std::vector<Client> clients(connections);
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (Client& client : clients) {
    client.descriptor = connect_to(target);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
    epoll_ctl(poll, EPOLL_CTL_ADD, client.descriptor, &event);
  }
  const auto began = Timer::now();
  const auto end =
      began + std::chrono::duration_cast<Timer::duration>(std::chrono::duration<double>(seconds));
  std::size_t next = 0;
  std::size_t open = 0;
  for (Client& client : clients) {
    if (seconds > 0 || next < lookups.size()) {
      ask(client, lookups[next++ % lookups.size()]);
      ++open;
    }
  }
  while (open > 0) {
    std::array<epoll_event, 64> events;
    const int ready = epoll_wait(poll, events.data(), static_cast<int>(events.size()), 120000);
    if (ready <= 0) {
      fail("no answer for two minutes");
    }
    for (int i = 0; i < ready; ++i) {
      Client& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!take(client, result)) {
        continue;
      }
      if (seconds > 0 ? Timer::now() < end : next < lookups.size()) {
        ask(client, lookups[next++ % lookups.size()]);
      } else {
        close(client.descriptor);  // the server may end who says nothing while others still wait
        --open;
      }
    }
  }
  return std::chrono::duration<double>(Timer::now() - began).count();
}

double percentile(const std::vector<double>& sorted, double part) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) {
    std::fputs("usage: bench_socketmap TARGET CONNECTIONS SECONDS DOMAINS_FILE MAP\n", stderr);
    return 2;
  }
  const std::vector<Lookup> lookups = read_lookups(words[4], words[5]);
  if (lookups.empty()) {
    std::fputs("there is no domain in the file\n", stderr);
    return 2;
  }
  Result result;
  result.microseconds.reserve(std::size_t{1} << 22U);
  const double seconds =
      run(words[1], std::strtoul(words[2], nullptr, 10), std::strtod(words[3], nullptr), lookups, result);
  std::ranges::sort(result.microseconds);
  std::printf(
      "{\"answers\": %zu, \"seconds\": %.3f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"slowest_healthy_ms\": "
      "%.1f, "
      "\"ok\": %zu, \"not_found\": %zu, \"others\": %zu}\n",
      result.microseconds.size(), seconds, percentile(result.microseconds, 0.5),
      percentile(result.microseconds, 0.99), result.slowest_healthy / 1000, result.ok, result.not_found,
      result.others);
  return 0;
}
