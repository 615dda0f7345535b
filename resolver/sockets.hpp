#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/fault.hpp"

namespace mta_sts::resolver {

/// A socket that listens, of the Unix kind or TCP. Where this process made a file, it goes when this object
/// does.
class Listener {
 public:
  /// A socket that has no file of this process.
  Listener(Descriptor socket, std::string path);
  /// The socket whose file `path` this process made; `lock` keeps other starts away from it.
  Listener(Descriptor socket, std::string path, Descriptor lock, const struct stat& made);
  Listener(Listener&& other) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  /// Where it listens, as the options have it; empty where the service manager made it.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The name that the service manager gave it (FileDescriptorName= of the unit); else empty.
  [[nodiscard]] const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  [[nodiscard]] bool is_tcp() const;

  /// Gives the descriptor away; the file stays this object's.
  [[nodiscard]] int release_descriptor();

 private:
  Descriptor lock_;
  Descriptor socket_;
  std::string path_;
  std::string name_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// What a Unix socket takes: connections, or datagrams of anybody who may write to it.
enum class SocketKind : std::uint8_t { stream, datagram };

/// Makes the socket `path`, mode 0660. A file that a dead process left is replaced; a socket that someone
/// reads, and a file that is no socket, are left alone. `group` is the file's group where given.
[[nodiscard]] std::expected<Listener, Fault> make_listener(const std::string& path,
                                                           std::optional<gid_t> group,
                                                           SocketKind kind = SocketKind::stream);

/// Listens at ADDRESS:PORT, loopback unless `any_address`.
[[nodiscard]] std::expected<Listener, Fault> make_tcp_listener(const std::string& address, bool any_address);

/// Gives the path of a Unix socket, whoever made it; empty where it has none.
[[nodiscard]] std::string path_of_socket(int descriptor);

/// Takes the sockets that the service manager passed (LISTEN_FDS, LISTEN_FDNAMES) and takes the variables out
/// of the environment. Error: one of them is no listening Unix stream socket, but that one named `tcp_name`
/// may be TCP, since only its protocol asks for no rights, and one named `datagram_name` takes datagrams.
[[nodiscard]] std::expected<std::vector<Listener>, Fault> adopt_passed_listeners(
    std::string_view tcp_name, std::string_view datagram_name);

}  // namespace mta_sts::resolver
