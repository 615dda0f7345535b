#include "cli/report/open_below.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

namespace mta_sts::cli {
namespace {

constexpr int folder_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

Descriptor open_without_links(int folder, const char* path, int flags) {
  open_how how{.flags = static_cast<unsigned>(flags), .mode = 0, .resolve = RESOLVE_NO_SYMLINKS};
  const long number = ::syscall(SYS_openat2, folder, path, &how, sizeof how);
  if (number >= 0 || (errno != ENOSYS && errno != EPERM)) {
    return Descriptor(static_cast<int>(number));
  }
  // A kernel before 5.6, or what hides its calls: at least the last part of the path is no link.
  return Descriptor(::openat(folder, path, flags | O_NOFOLLOW));
}

}  // namespace

Descriptor open_below(const std::string& path, std::size_t folder_end, int flags) {
  std::size_t begin = folder_end;
  while (folder_end > 0 && begin < path.size() && path[begin] == '/') {
    ++begin;
  }
  // No memory is asked for: a thread opens files that no exception may leave.
  std::array<char, PATH_MAX> named{};
  named[0] = '.';
  if (folder_end >= named.size()) {
    errno = ENAMETOOLONG;
    return {};
  }
  path.copy(named.data(), folder_end);
  Descriptor folder(::open(named.data(), folder_flags));
  if (!folder.is_open()) {
    return folder;
  }
  return open_without_links(folder.get(), begin < path.size() ? path.c_str() + begin : ".", flags);
}

Descriptor open_resolved_folder(const std::string& path) {
  return open_without_links(AT_FDCWD, path.c_str(), folder_flags);
}

}  // namespace mta_sts::cli
