#include "file/write_all.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/utf8.hpp"

namespace mta_sts {

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

std::unexpected<Fault> unwritable(const std::string& path, const std::string& why) {
  return std::unexpected(
      Fault{"output-unwritable", text::escape_for_display(path) + ": cannot be written: " + why});
}

std::unexpected<Fault> unwritable(const std::string& path, int error) {
  auto fault = unwritable(path, std::string(std::strerror(error)));
  if (error == ENOSPC || error == EDQUOT) {
    fault.error().word = "output-full";
  }
  return fault;
}

}  // namespace mta_sts
