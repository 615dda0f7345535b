#include "outcome_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.hpp"
#include "outcome/datagram_text.hpp"

namespace mta_sts::exim {
namespace {

constexpr std::uint64_t lost_limit = 16U << 20U;  // the file is in memory (/run)

}  // namespace

int send_datagram(const std::string& socket_path, std::string_view datagram) {
  sockaddr_un address{};
  if (socket_path.size() >= sizeof address.sun_path) {
    return ENAMETOOLONG;
  }
  address.sun_family = AF_UNIX;
  socket_path.copy(static_cast<char*>(address.sun_path), socket_path.size());
  const Descriptor sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const ssize_t sent =
      sender.is_open() ? ::sendto(sender.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&address), sizeof address)
                       : -1;
  return sent < 0 ? errno : 0;
}

// A byte at the file's end is one datagram: nobody who may write to the file can harm a process by it.
bool count_lost(const std::string& socket_path) {
  const std::string path = socket_path + std::string(outcome::lost_count_suffix);
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct statx found{};
  return file.is_open() && statx(file.get(), "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &found) == 0 &&
         S_ISREG(found.stx_mode) && (found.stx_size >= lost_limit || ::write(file.get(), "x", 1) == 1);
}

}  // namespace mta_sts::exim
