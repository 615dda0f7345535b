#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace mta_sts::resolver {

/// A Unix socket that listens. Where this process made the file, it goes when this object does.
class Listener {
 public:
  Listener(int descriptor, int lock, std::string path, dev_t device, ino_t inode);
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Gives the descriptor away; the file stays this object's.
  [[nodiscard]] int release_descriptor();

 private:
  int descriptor_;
  int lock_;
  std::string path_;  // empty where the service manager made it
  dev_t device_;
  ino_t inode_;
};

/// Makes the socket `path`, mode 0660, and listens. A file that a dead process left is replaced; a socket
/// that someone listens at, and a file that is no socket, are left alone. `group` is the file's group where
/// given. Error: a sentence with word and mend for the start's log.
[[nodiscard]] std::expected<Listener, std::string> make_listener(const std::string& path,
                                                                 std::optional<gid_t> group);

/// Takes the sockets that the service manager passed (LISTEN_FDS) and takes the variables out of the
/// environment. Error: one of them is no listening Unix stream socket.
[[nodiscard]] std::expected<std::vector<Listener>, std::string> take_passed_listeners();

}  // namespace mta_sts::resolver
