#include "file/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/descriptor.hpp"
#include "base/utf8.hpp"

namespace mta_sts {
namespace {

std::unexpected<std::string> refused(const std::string& path, const std::string& why) {
  return std::unexpected(text::escape_for_display(path) + ": cannot be written: " + why +
                         " (output-unwritable)");
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return true;
}

}  // namespace

std::expected<void, std::string> may_replace_file(const std::string& path) {
  struct stat known {};
  if (::lstat(path.c_str(), &known) == 0) {
    return S_ISREG(known.st_mode)
               ? std::expected<void, std::string>{}
               : refused(path, "it is there and no regular file; name a new file or a regular one");
  }
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return errno == ENOENT && ::access(folder.c_str(), W_OK) == 0 ? std::expected<void, std::string>{}
                                                                : refused(path, std::strerror(errno));
}

std::expected<void, std::string> replace_file(const std::string& path, std::string_view bytes,
                                              FileRights rights) {
  if (const auto may = may_replace_file(path); !may) {
    return may;
  }
  std::string beside = path + ".XXXXXX";
  Descriptor file(::mkostemp(beside.data(), O_CLOEXEC));
  if (!file.is_open()) {
    return refused(path, std::strerror(errno));
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
  return refused(path, std::strerror(error));
}

}  // namespace mta_sts
