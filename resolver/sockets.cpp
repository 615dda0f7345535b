#include "sockets.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"
#include "tcp_address.hpp"

namespace mta_sts::resolver {
namespace {

constexpr int first_passed_descriptor = 3;
constexpr std::uint64_t passed_limit = 64;

Fault failure(const std::string& path, const char* what, int error) {
  return {"socket-unusable", text::escape_for_display(path) + ": " + what + ": " + std::strerror(error) +
                                 "; give another --socket, or make its directory writable for this user"};
}

/// Sets the umask for as long as the socket file is made: it must never be there with wider rights.
class Umask {
 public:
  explicit Umask(mode_t mask) : old_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(old_); }

 private:
  mode_t old_;
};

Descriptor make_socket(SocketKind kind) {
  const int type = kind == SocketKind::stream ? SOCK_STREAM : SOCK_DGRAM;
  return Descriptor(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// One of the other kind is somebody's too (EPROTOTYPE).
bool someone_listens(const sockaddr_un& address, SocketKind kind) {
  const Descriptor probe = make_socket(kind);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return true;
  }
  return errno != ECONNREFUSED && errno != ENOENT;  // a full backlog (EAGAIN) is a live socket too
}

/// Removes what a dead process left. The lock on `path.lock` keeps two starts from doing this to each other.
std::expected<void, Fault> clear_place(const std::string& path, const sockaddr_un& address, SocketKind kind) {
  struct stat there{};
  if (::lstat(path.c_str(), &there) != 0) {
    return errno == ENOENT ? std::expected<void, Fault>()
                           : std::unexpected(failure(path, "cannot be looked at", errno));
  }
  if (!S_ISSOCK(there.st_mode)) {
    return std::unexpected(Fault{
        "socket-unusable", text::escape_for_display(path) +
                               ": there is a file of another kind; remove it or give another --socket"});
  }
  if (someone_listens(address, kind)) {
    return std::unexpected(
        Fault{"socket-in-use", text::escape_for_display(path) +
                                   ": another process listens there; stop it or give another --socket"});
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return std::unexpected(failure(path, "the old socket cannot be removed", errno));
  }
  return {};
}

std::expected<Descriptor, Fault> acquire_lock(const std::string& path) {
  const std::string lock_path = path + ".lock";
  Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!lock.is_open()) {
    return std::unexpected(failure(lock_path, "cannot be made", errno));
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(
        Fault{"socket-in-use", text::escape_for_display(path) +
                                   ": another resolver has it; stop that one or give another --socket"});
  }
  return lock;
}

int socket_option(int descriptor, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

bool is_listening_stream(int descriptor, bool tcp) {
  const int domain = socket_option(descriptor, SO_DOMAIN);
  return (domain == AF_UNIX || (tcp && (domain == AF_INET || domain == AF_INET6))) &&
         socket_option(descriptor, SO_TYPE) == SOCK_STREAM && socket_option(descriptor, SO_ACCEPTCONN) > 0;
}

bool is_datagram(int descriptor) {
  return socket_option(descriptor, SO_DOMAIN) == AF_UNIX && socket_option(descriptor, SO_TYPE) == SOCK_DGRAM;
}

/// Takes the names of the passed sockets, separated by colons, out of the environment.
std::vector<std::string> consume_names() {
  const char* text = std::getenv("LISTEN_FDNAMES");
  std::vector<std::string> names;
  for (std::string_view rest = text == nullptr ? "" : text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  ::unsetenv("LISTEN_FDNAMES");
  return names;
}

std::optional<std::uint64_t> consume_number(const char* name) {
  const char* digits = std::getenv(name);
  const auto number = digits == nullptr ? std::nullopt : text::parse_decimal(digits, UINT32_MAX);
  ::unsetenv(name);
  return number;
}

}  // namespace

Listener::Listener(Descriptor socket, std::string path)
    : socket_(std::move(socket)), path_(std::move(path)) {}

Listener::Listener(Descriptor socket, std::string path, Descriptor lock, const struct stat& made)
    : lock_(std::move(lock)),
      socket_(std::move(socket)),
      path_(std::move(path)),
      device_(made.st_dev),
      inode_(made.st_ino) {}

Listener::~Listener() {
  struct stat there{};
  if (lock_.is_open() && ::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ &&
      there.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
}

bool Listener::is_tcp() const {
  const int domain = socket_option(socket_.get(), SO_DOMAIN);
  return domain == AF_INET || domain == AF_INET6;
}

int Listener::release_descriptor() {
  return socket_.release();
}

std::expected<Listener, Fault> make_listener(const std::string& path, std::optional<gid_t> group,
                                             SocketKind kind) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos) {
    return std::unexpected(Fault{
        "socket-path-too-long",
        text::escape_for_display(path) + ": a socket's path has 1 to 107 bytes; give a shorter --socket"});
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  auto lock = acquire_lock(path);
  if (!lock) {
    return std::unexpected(lock.error());
  }
  if (auto cleared = clear_place(path, address, kind); !cleared) {
    return std::unexpected(cleared.error());
  }
  Descriptor socket = make_socket(kind);
  {
    const Umask mask(0117);
    if (!socket.is_open() ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return std::unexpected(failure(path, "cannot be made", errno));
    }
  }
  struct stat made{};
  if (::lstat(path.c_str(), &made) != 0) {
    return std::unexpected(failure(path, "has gone at once", errno));
  }
  Listener listener(std::move(socket), path, *std::move(lock), made);
  if (group && ::lchown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) {
    return std::unexpected(failure(path, "cannot be given its group", errno));
  }
  return listener;
}

std::string path_of_socket(int descriptor) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      address.sun_family != AF_UNIX || size <= offsetof(sockaddr_un, sun_path)) {
    return {};
  }
  const std::string_view path(static_cast<const char*>(address.sun_path),
                              size - offsetof(sockaddr_un, sun_path));
  return std::string(path.substr(0, path.find('\0')));
}

std::expected<Listener, Fault> make_tcp_listener(const std::string& address, bool any_address) {
  const std::string shown = text::escape_for_display(address);
  const auto where = parse_tcp_address(address);
  if (!where) {
    return std::unexpected(
        Fault{"socket-unusable", shown + ": write ADDRESS:PORT, for example 127.0.0.1:8461"});
  }
  if (!any_address && !where->address.is_loopback()) {
    return std::unexpected(
        Fault{"socket-unusable", shown + ": whoever reaches it may ask; give a loopback address, or "
                                         "--postfix-socketmap-any-address"});
  }
  const SocketAddress bound(*where);
  Descriptor socket(::socket(bound.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  // Connections of the last run that linger must not keep the address; one that listens still does.
  if (!socket.is_open() || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), bound.get(), bound.size()) != 0) {
    if (errno == EADDRINUSE) {
      return std::unexpected(
          Fault{"socket-in-use", shown + ": another process listens there; stop it or give another address"});
    }
    return std::unexpected(
        Fault{"socket-unusable", shown + ": " + std::strerror(errno) + "; give another --postfix-socketmap"});
  }
  return Listener(std::move(socket), address);
}

std::expected<std::vector<Listener>, Fault> adopt_passed_listeners(std::string_view tcp_name,
                                                                   std::string_view datagram_name) {
  std::vector<Listener> listeners;
  const auto pid = consume_number("LISTEN_PID");
  const auto count = consume_number("LISTEN_FDS");
  const std::vector<std::string> names = consume_names();
  if (!count || !pid || *pid != static_cast<std::uint64_t>(::getpid())) {
    return listeners;
  }
  if (*count > passed_limit) {
    return std::unexpected(
        Fault{"socket-passed-wrong", "LISTEN_FDS is out of range; correct the .socket unit"});
  }
  for (std::size_t i = 0; i < *count; ++i) {
    const int descriptor = first_passed_descriptor + static_cast<int>(i);
    const std::string name = i < names.size() ? names[i] : "";
    const bool takes_datagrams = name == datagram_name;
    if (takes_datagrams ? !is_datagram(descriptor) : !is_listening_stream(descriptor, name == tcp_name)) {
      const std::string kind = takes_datagrams ? "Datagram" : "Stream";
      return std::unexpected(Fault{
          "socket-passed-wrong", "descriptor " + std::to_string(descriptor) + " is no Unix socket of Listen" +
                                     kind + "=/path; correct the .socket unit, or its FileDescriptorName="});
    }
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    listeners.emplace_back(Descriptor(descriptor), std::string());
    listeners.back().set_name(name);
  }
  return listeners;
}

}  // namespace mta_sts::resolver
