#include "file/append_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.hpp"
#include "file/write_all.hpp"

namespace mta_sts {

std::expected<void, Fault> append_file(const std::string& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  struct stat before {};
  // Another process that appends would lose its line where this one gives up.
  if (!file.is_open() || ::flock(file.get(), LOCK_EX) != 0 || ::fstat(file.get(), &before) != 0) {
    return unwritable(path, errno);
  }
  if (!write_all(file.get(), bytes)) {
    const int error = errno;
    // Half a line would be read as a whole one. Where even this fails, a device or pipe was named.
    static_cast<void>(::ftruncate(file.get(), before.st_size) == 0);
    return unwritable(path, error);
  }
  return {};
}

}  // namespace mta_sts
