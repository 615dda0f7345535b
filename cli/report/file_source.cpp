#include "cli/report/file_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "cli/report/maildir.hpp"
#include "cli/report/open_below.hpp"

namespace mta_sts::cli {

void FileSource::open(const ReportFile& file) {
  const bool is_standard_input = file.path == "-";
  if (is_standard_input) {
    own_.reset();
    error_ = 0;
  } else {
    open_found(file.path, file);
  }
  if (error_ == ENOENT && file.is_from_folder) {
    open_moved(file);
  }
  identify(file);
  number_ = is_standard_input ? STDIN_FILENO : own_.get();
  is_open_ = number_ >= 0;
  unread_ = {};
  at_end_ = false;
}

void FileSource::open_found(const std::string& path, const ReportFile& file) {
  // Without O_NONBLOCK a pipe that nobody writes to would stop everything behind it.
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  own_ = file.is_from_folder ? open_below(path, file.folder_end, flags)
                             : Descriptor(::open(path.c_str(), flags));
  error_ = own_.is_open() ? 0 : errno;
}

void FileSource::open_moved(const ReportFile& file) {
  try {
    if (const auto moved = moved_mail(file.path)) {
      open_found(*moved, file);
    }
  } catch (const std::bad_alloc&) {  // no exception may leave a thread
    error_ = ENOMEM;
  }
}

// A pipe in the place of a file that was found would be waited for as long as somebody keeps it open.
void FileSource::identify(const ReportFile& file) {
  struct stat facts{};
  const bool is_known = own_.is_open() && ::fstat(own_.get(), &facts) == 0;
  identity_ = is_known ? identity_from(facts) : std::nullopt;
  if (is_known && !identity_ && file.is_from_folder) {
    own_.reset();
    error_ = ENOENT;
  }
}

void FileSource::read_front() {
  std::size_t length = 0;
  while (is_open_ && !at_end_ && length < front_bytes) {
    const ssize_t got = ::read(number_, front_.get() + length, front_bytes - length);
    if (got < 0) {
      break;  // found again, and told, where the bytes are used
    }
    length += static_cast<std::size_t>(got);
    at_end_ = got == 0;
  }
  unread_ = std::span(front_.get(), length);
  if (at_end_) {
    own_.reset();
  }
}

std::optional<std::size_t> FileSource::read(std::span<char> out) {
  if (unread_.empty()) {
    return at_end_ ? 0 : read_descriptor(out);
  }
  const std::size_t length = std::min(out.size(), unread_.size());
  std::ranges::copy(unread_.first(length), out.begin());
  unread_ = unread_.subspan(length);
  return length;
}

std::optional<std::size_t> FileSource::read_descriptor(std::span<char> out) {
  while (true) {
    const ssize_t got = ::read(number_, out.data(), out.size());
    if (got >= 0) {
      return static_cast<std::size_t>(got);
    }
    if (errno == EAGAIN) {  // a pipe that was opened without waiting for its writer
      ::fcntl(number_, F_SETFL, 0);
    } else if (errno != EINTR) {
      error_ = errno;
      return std::nullopt;
    }
  }
}

}  // namespace mta_sts::cli
