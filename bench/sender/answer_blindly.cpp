// Answers every lookup of bench_socketmap with the same bytes and looks nothing up: no server that waits for
// requests with epoll in one thread can be faster here. See README.md.
//   bench_ceiling TARGET
// TARGET is a path or a port of 127.0.0.1. Ends on SIGTERM.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

// The resolver's answer to the same question.
constexpr std::string_view answer =
    "71:OK secure match=mx1.bench.example:mx2.bench.example servername=hostname,";

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(2);
}

int listen_at(const std::string& target) {
  sockaddr_un path{};
  sockaddr_in address{};
  const bool is_path = target.starts_with('/');
  path.sun_family = AF_UNIX;
  std::strncpy(path.sun_path, target.c_str(), sizeof path.sun_path - 1);
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(target.c_str())));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int listener = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto* where = is_path ? reinterpret_cast<sockaddr*>(&path) : reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, where, is_path ? sizeof path : sizeof address) != 0 || listen(listener, 64) != 0) {
    fail("listen");
  }
  return listener;
}

void watch(int poll, int descriptor) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
  epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: bench_ceiling TARGET\n", stderr);
    return 2;
  }
  const int listener = listen_at(words[1]);
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  watch(poll, listener);
  for (;;) {
    std::array<epoll_event, 64> events;
    const int ready = epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == listener) {
        const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        const int on = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(poll, client);
        continue;
      }
      std::array<char, 4096> request;
      if (read(descriptor, request.data(), request.size()) <= 0 ||
          write(descriptor, answer.data(), answer.size()) != static_cast<ssize_t>(answer.size())) {
        close(descriptor);
      }
    }
  }
}
