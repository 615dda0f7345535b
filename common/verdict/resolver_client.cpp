#include "verdict/resolver_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <expected>
#include <optional>
#include <vector>

#include "base/ascii.hpp"
#include "base/deadline.hpp"
#include "base/descriptor.hpp"
#include "base/domain_name.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts {
namespace {

using std::chrono::milliseconds;

// The account of the resolver process; its units and packages use this name.
constexpr const char* resolver_user = "mta-sts";
constexpr std::size_t passwd_limit_bytes = 16384;

// One of the reasons of the header, or nothing where the step went well.
using Fault = std::optional<std::string_view>;

constexpr std::string_view verdict_command = "verdict ";

// Of a connection that ended before the first byte of an answer; no reason of the header.
constexpr std::string_view connection_lost = "connection-lost";
constexpr int exchange_limit = 2;

std::string_view connect_fault(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "socket-permission";
    case EAGAIN:
      return "deadline";  // the resolver's queue of connections stayed full
    default:
      return "resolver-unreachable";
  }
}

// A Unix socket's non-blocking connect cannot be polled for (a full queue gives EAGAIN at once), but its
// blocking one keeps to the send timeout.
Fault connect_until(int fd, const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) {
    return "socket-path-too-long";
  }
  if (path.empty() || path.find('\0') != std::string::npos) {
    return "resolver-unreachable";  // an empty name would mean an address outside the file system
  }
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), path.size());
  for (milliseconds left = deadline.left(); left.count() > 0; left = deadline.left()) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(left);
    timeval timeout{};
    timeout.tv_sec = whole.count();
    timeout.tv_usec = std::chrono::microseconds(left - whole).count();
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) != 0) {
      return "resolver-unreachable";
    }
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return {};
    }
    if (errno != EINTR) {
      return connect_fault(errno);
    }
  }
  return "deadline";
}

// Asked only for a peer that is neither root nor we: under systemd the peer is root, who made the socket.
std::optional<uid_t> find_resolver_uid() {
  std::vector<char> buffer(passwd_limit_bytes);
  passwd entry{};
  passwd* found = nullptr;
  const int rc = getpwnam_r(resolver_user, &entry, buffer.data(), buffer.size(), &found);
  return rc == 0 && found != nullptr ? std::optional(entry.pw_uid) : std::nullopt;
}

// statx, since a program that calls stat or lstat as glibc 2.33 has them does not load with an older one.
bool is_of_root(const std::string& path, mode_t type, mode_t nobody_may) {
  struct statx found {};
  return statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID, &found) ==
             0 &&
         (found.stx_mode & S_IFMT) == type && found.stx_uid == 0 && (found.stx_mode & nobody_may) == 0;
}

// Tells whether root made the socket at `path`: its file is root's, and so is the folder, where nobody else
// can put another. Whom root lets answer there is root's to say (`--user`).
bool is_made_by_root(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string parent =
      slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  return is_of_root(parent, S_IFDIR, 022U) && is_of_root(path, S_IFSOCK, 0);
}

// Whoever can put a socket at the path could else choose the verdicts.
Fault peer_fault(int fd, const std::string& path) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return "peer-not-trusted";
  }
  const bool is_trusted =
      peer.uid == 0 || peer.uid == geteuid() || peer.uid == find_resolver_uid() || is_made_by_root(path);
  return is_trusted ? Fault() : "peer-not-trusted";
}

// Waits until the socket can do `events` again, however often a signal of the host interrupts.
Fault wait_for(int fd, short events, Deadline deadline) {
  for (milliseconds left = deadline.left(); left.count() > 0; left = deadline.left()) {
    pollfd waiting{.fd = fd, .events = events, .revents = 0};
    const int limit = static_cast<int>(std::min(left, milliseconds(60000)).count());
    const int ready = poll(&waiting, 1, limit);
    if (ready > 0) {
      return {};
    }
    if (ready < 0 && errno != EINTR) {
      return "resolver-unreachable";
    }
  }
  return "deadline";
}

Fault send_until(int fd, std::string_view request, Deadline deadline) {
  while (!request.empty()) {
    const ssize_t sent = send(fd, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      request.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EPIPE || errno == ECONNRESET) {
      return {};  // it may have refused us with an answer: read that
    }
    if (errno != EAGAIN && errno != EINTR) {
      return "resolver-unreachable";
    }
    if (const Fault fault = wait_for(fd, POLLOUT, deadline)) {
      return fault;
    }
  }
  return {};
}

// Reads one line, its LF dropped; what stands behind the LF or lacks one is no answer.
std::expected<std::string, std::string_view> read_line_until(int fd, Deadline deadline) {
  std::string line;
  std::array<char, 16384> chunk{};
  while (true) {
    if (const Fault fault = wait_for(fd, POLLIN, deadline)) {
      return std::unexpected(*fault);
    }
    const ssize_t size = recv(fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
      continue;
    }
    if (size <= 0) {
      return std::unexpected<std::string_view>(line.empty() ? connection_lost : "answer-garbled");
    }
    const std::string_view text(chunk.data(), static_cast<std::size_t>(size));
    const std::size_t end = text.find('\n');
    line += text.substr(0, end);
    if (line.size() > verdict_line_limit_bytes || (end != text.npos && end + 1 != text.size())) {
      return std::unexpected("answer-garbled");
    }
    if (end != text.npos) {
      return line;
    }
  }
}

// Over a connection of its own. Gives one of the reasons of the header, or connection_lost.
std::expected<std::string, std::string_view> exchange_once(const std::string& path, std::string_view line,
                                                           Deadline deadline) {
  const Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) {
    return std::unexpected("resolver-unreachable");
  }
  if (const Fault fault = connect_until(fd.get(), path, deadline)) {
    return std::unexpected(*fault);
  }
  if (const Fault fault = peer_fault(fd.get(), path)) {
    return std::unexpected(*fault);
  }
  if (const Fault fault = send_until(fd.get(), line, deadline)) {
    return std::unexpected(*fault);
  }
  return read_line_until(fd.get(), deadline);
}

}  // namespace

std::optional<std::string_view> domain_fault(std::string_view domain) {
  constexpr std::size_t limit = request_limit_bytes - verdict_command.size();
  if (domain.empty()) {
    return "domain-empty";
  }
  // A name in U-labels may have more bytes than the same in A-labels: what those are the resolver judges.
  const bool is_ascii =
      std::ranges::all_of(domain, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (domain.size() > (is_ascii ? domain_name_limit_bytes + 1 : limit)) {  // one more: the root dot
    return "domain-too-long";
  }
  // A blank or control character would end the request or begin another one.
  const bool is_clean = std::ranges::none_of(domain, [](char c) { return ascii::is_control(c) || c == ' '; });
  return is_clean ? Fault() : "domain-bad-character";
}

std::expected<std::string, std::string_view> exchange_line(const ResolverAddress& address,
                                                           std::string_view request) {
  const Deadline deadline = Deadline::in(address.wait);
  const std::string line = std::string(request) + "\n";
  // A resolver that ends or crashes drops what it has not answered; systemd keeps its socket, at which the
  // next one answers.
  for (int exchanges = 0; exchanges < exchange_limit; ++exchanges) {
    auto answer = exchange_once(address.socket_path, line, deadline);
    if (answer || answer.error() != connection_lost) {
      return answer;
    }
  }
  return std::unexpected("resolver-unreachable");
}

std::expected<Verdict, std::string_view> request_verdict(const ResolverAddress& address,
                                                         std::string_view domain) {
  if (const Fault fault = domain_fault(domain)) {
    return temp_verdict(*fault);
  }
  const auto line = exchange_line(address, std::string(verdict_command).append(domain));
  if (!line) {
    return std::unexpected(line.error());
  }
  auto verdict = parse_verdict_line(*line);
  if (!verdict) {
    return std::unexpected("answer-garbled");
  }
  return *std::move(verdict);
}

Verdict ask_resolver(const ResolverAddress& address, std::string_view domain) {
  auto verdict = request_verdict(address, domain);
  return verdict ? *std::move(verdict) : temp_verdict(verdict.error());
}

}  // namespace mta_sts
