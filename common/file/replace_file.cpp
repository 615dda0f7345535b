#include "file/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/descriptor.hpp"
#include "file/write_all.hpp"

namespace mta_sts {

std::expected<void, Fault> may_replace_file(const std::string& path) {
  struct stat known {};
  if (::lstat(path.c_str(), &known) == 0) {
    return S_ISREG(known.st_mode)
               ? std::expected<void, Fault>{}
               : unwritable(path, "it is there and no regular file; name a new file or a regular one");
  }
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return errno == ENOENT && ::access(folder.c_str(), W_OK) == 0 ? std::expected<void, Fault>{}
                                                                : unwritable(path, errno);
}

std::expected<void, Fault> replace_file(const std::string& path, std::string_view bytes, FileRights rights) {
  if (const auto may = may_replace_file(path); !may) {
    return may;
  }
  std::string beside = path + ".XXXXXX";
  Descriptor file(::mkostemp(beside.data(), O_CLOEXEC));
  if (!file.is_open()) {
    return unwritable(path, errno);
  }
  const bool is_written = write_all(file.get(), bytes) &&
                          ::fchown(file.get(), static_cast<uid_t>(-1), rights.group) == 0 &&
                          ::fchmod(file.get(), rights.mode) == 0;
  const int write_error = errno;
  const bool is_closed = ::close(file.release()) == 0;
  if (is_written && is_closed && ::rename(beside.c_str(), path.c_str()) == 0) {
    return {};
  }
  const int error = is_written ? errno : write_error;
  ::unlink(beside.c_str());
  return unwritable(path, error);
}

}  // namespace mta_sts
