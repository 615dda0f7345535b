#include "file/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/descriptor.hpp"
#include "base/handle.hpp"
#include "file/write_all.hpp"

namespace mta_sts {
namespace {

constexpr mode_t permissions = 0777;

void free_path(char* path) {
  std::free(path);
}

std::expected<void, Fault> write_as_it_is(const std::string& path, std::string_view bytes) {
  constexpr mode_t all_may_read = 0644;
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, all_may_read));
  const bool is_written = file.is_open() && write_all(file.get(), bytes) && ::close(file.release()) == 0;
  return is_written ? std::expected<void, Fault>{} : unwritable(path, errno);
}

}  // namespace

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
  // A service may be forbidden to call fchown at all (SystemCallFilter=~@privileged).
  const bool keeps_owner = rights.owner == FileRights{}.owner && rights.group == FileRights{}.group;
  const bool is_written = write_all(file.get(), bytes) &&
                          (keeps_owner || ::fchown(file.get(), rights.owner, rights.group) == 0) &&
                          ::fchmod(file.get(), rights.mode) == 0 && ::fsync(file.get()) == 0;
  const int write_error = errno;
  const bool is_closed = ::close(file.release()) == 0;
  if (is_written && is_closed && ::rename(beside.c_str(), path.c_str()) == 0) {
    return {};
  }
  const int error = is_written ? errno : write_error;
  ::unlink(beside.c_str());
  return unwritable(path, error);
}

std::expected<void, Fault> write_file(const std::string& path, std::string_view bytes) {
  struct stat known {};
  if (::stat(path.c_str(), &known) == 0) {
    if (!S_ISREG(known.st_mode)) {
      return write_as_it_is(path, bytes);
    }
    const Handle<char, free_path> end(::realpath(path.c_str(), nullptr));
    return end ? replace_file(end.get(), bytes, {.mode = known.st_mode & permissions})
               : unwritable(path, errno);
  }
  const bool is_link = ::lstat(path.c_str(), &known) == 0;
  return is_link ? write_as_it_is(path, bytes) : replace_file(path, bytes);
}

std::expected<void, Fault> rewrite_file(const std::string& path, std::string_view bytes) {
  const Handle<char, free_path> end(::realpath(path.c_str(), nullptr));
  struct stat known {};
  if (!end || ::lstat(end.get(), &known) != 0) {
    return unwritable(path, errno);
  }
  return replace_file(end.get(), bytes,
                      {.mode = known.st_mode & permissions, .group = known.st_gid, .owner = known.st_uid});
}

}  // namespace mta_sts
