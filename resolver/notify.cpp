#include "notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/descriptor.hpp"
#include "base/number.hpp"

namespace mta_sts::resolver {
namespace {

std::string consume_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);
  return taken;
}

}  // namespace

ServiceManager::ServiceManager() : socket_path_(consume_variable("NOTIFY_SOCKET")) {
  constexpr std::uint64_t longest = 24ULL * 3600 * 1000000;
  const auto microseconds = text::parse_decimal(consume_variable("WATCHDOG_USEC"), longest);
  const std::string pid = consume_variable("WATCHDOG_PID");
  const bool for_us =
      pid.empty() || text::parse_decimal(pid, UINT64_MAX) == static_cast<std::uint64_t>(::getpid());
  if (for_us && microseconds && *microseconds >= 2000) {
    watchdog_ = std::chrono::milliseconds(*microseconds / 2000);
  }
}

void ServiceManager::ready(std::string_view status) const {
  send("READY=1\nSTATUS=" + std::string(status));
}

void ServiceManager::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  send("RELOADING=1\nMONOTONIC_USEC=" +
       std::to_string(static_cast<long long>(now.tv_sec) * 1000000 + now.tv_nsec / 1000));
}

void ServiceManager::stopping() const {
  send("STOPPING=1");
}

void ServiceManager::alive() const {
  send("WATCHDOG=1");
}

void ServiceManager::send(std::string_view state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool known = socket_path_.starts_with('/') || socket_path_.starts_with('@');
  if (!known || socket_path_.size() >= sizeof address.sun_path) {
    return;
  }
  std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
  if (address.sun_path[0] == '@') {
    address.sun_path[0] = '\0';  // the abstract namespace
  }
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) {
    return;
  }
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path_.size());
  // Nothing can be done where it fails; the manager notices by itself.
  static_cast<void>(::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), length));
}

}  // namespace mta_sts::resolver
