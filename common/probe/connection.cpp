#include "probe/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mta_sts::probe {
namespace {

using check::Reach;

Reach reach_of(int error) {
  switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
      return Reach::refused;
    case ETIMEDOUT:
      return Reach::timeout;
    case EMFILE:  // a limit of this machine says nothing about the peer
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:
      return Reach::not_tried;
    default:  // no route, no such family
      return Reach::unreachable;
  }
}

bool wait_for(int descriptor, short events, Deadline deadline) {
  pollfd waited{.fd = descriptor, .events = events, .revents = 0};
  for (;;) {
    const int ready = poll(&waited, 1, static_cast<int>(deadline.left().count()));
    if (ready > 0) {
      return true;
    }
    if (ready == 0 || errno != EINTR) {
      return false;
    }
  }
}

}  // namespace

std::expected<ProbeConnection, Reach> ProbeConnection::open(const Endpoint& endpoint, Deadline deadline) {
  if (deadline.passed()) {
    return std::unexpected(Reach::not_tried);
  }
  const SocketAddress address(endpoint);
  ProbeConnection connection(
      Descriptor(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  if (!connection.descriptor_.is_open()) {
    return std::unexpected(reach_of(errno));
  }
  const int at_once = 1;  // QUIT must not wait for the acknowledgement of the handshake's end
  (void)setsockopt(connection.descriptor(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  if (connect(connection.descriptor(), address.get(), address.size()) == 0) {
    return connection;
  }
  if (errno != EINPROGRESS) {
    return std::unexpected(reach_of(errno));
  }
  if (!connection.wait_writable(deadline)) {
    return std::unexpected(Reach::timeout);
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(connection.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    return std::unexpected(reach_of(error));
  }
  return connection;
}

std::string ProbeConnection::own_address_literal() const {
  const auto own = mta_sts::own_address(descriptor());
  return own ? (own->is_v6() ? "[IPv6:" : "[") + own->to_text() + "]" : "[127.0.0.1]";
}

bool ProbeConnection::wait_readable(Deadline deadline) const {
  return wait_for(descriptor(), POLLIN, deadline);
}

bool ProbeConnection::wait_writable(Deadline deadline) const {
  return wait_for(descriptor(), POLLOUT, deadline);
}

bool ProbeConnection::read_some(std::string& into, std::size_t limit, Deadline deadline,
                                std::string& error) const {
  if (!wait_readable(deadline)) {
    error = "no answer in time";
    return false;
  }
  std::array<char, 4096> bytes;
  const ssize_t count = recv(descriptor(), bytes.data(), std::min(limit, bytes.size()), 0);
  if (count > 0) {
    into.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }
  error = count == 0 ? "the peer closed the connection" : std::strerror(errno);
  return false;
}

bool ProbeConnection::write_all(std::string_view bytes, Deadline deadline, std::string& error) const {
  while (!bytes.empty()) {
    if (!wait_writable(deadline)) {
      error = "the peer takes nothing in time";
      return false;
    }
    const ssize_t count = send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      error = std::strerror(errno);
      return false;
    }
    bytes.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return true;
}

void pause(std::chrono::milliseconds time) {
  const Deadline end = Deadline::in(time);
  while (!end.passed()) {
    (void)poll(nullptr, 0, static_cast<int>(end.left().count()));
  }
}

}  // namespace mta_sts::probe
