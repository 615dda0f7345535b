#include "cli/exim/outcomes_probe.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace mta_sts::cli {
namespace {

// In the child: no allocation, and no descriptor to close, as it ends.
int connect_as(const sockaddr_un& address, const std::optional<RunAs>& as) {
  if (as && (setgroups(1, &as->group) != 0 || setgid(as->group) != 0 || setuid(as->user) != 0)) {
    return errno;
  }
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return socket < 0 || connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
             ? errno
             : 0;
}

}  // namespace

int connect_error(const std::string& socket_path, std::optional<RunAs> as) {
  sockaddr_un address{};
  if (socket_path.size() >= sizeof address.sun_path) {
    return ENAMETOOLONG;
  }
  address.sun_family = AF_UNIX;
  socket_path.copy(static_cast<char*>(address.sun_path), socket_path.size());
  const pid_t child = fork();
  if (child == 0) {
    _exit(connect_as(address, as));  // every errno of Linux fits an exit code
  }
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return errno;
    }
  }
  return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
}

}  // namespace mta_sts::cli
