#include "cli/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.hpp"
#include "base/utf8.hpp"
#include "file/has_changed.hpp"

namespace mta_sts::cli {
namespace {

Fault failure(const std::string& path, int error) {
  return {"input-unreadable", text::escape_for_display(path) + ": cannot be read: " + std::strerror(error)};
}

}  // namespace

std::expected<std::string, Fault> read_input(const std::string& path, std::size_t limit_bytes) {
  // Standard input is not ours to close.
  const Descriptor opened(path == "-" ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  const int file = path == "-" ? STDIN_FILENO : opened.get();
  if (file < 0) {
    return std::unexpected(failure(path, errno));
  }
  struct stat facts = {};
  const bool is_file = ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
  std::string bytes;
  char chunk[16384];
  while (bytes.size() <= limit_bytes) {
    const ssize_t got = ::read(file, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return std::unexpected(failure(path, errno));
    }
    if (got == 0) {
      break;
    }
    bytes.append(chunk, static_cast<std::size_t>(got));
  }
  if (is_file && has_changed_since(facts, file)) {
    return std::unexpected(
        Fault{"file-changing", text::escape_for_display(path) + ": " + std::string(changing_sentence)});
  }
  if (bytes.size() > limit_bytes) {
    bytes.resize(limit_bytes + 1);
  }
  return bytes;
}

}  // namespace mta_sts::cli
