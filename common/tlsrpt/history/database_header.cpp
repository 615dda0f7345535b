#include "tlsrpt/history/database_header.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "base/ascii.hpp"
#include "base/descriptor.hpp"

namespace mta_sts::tlsrpt {

// https://www.sqlite.org/fileformat2.html section 1.3.
DatabaseHeader read_database_header(const std::string& path) {
  constexpr std::string_view magic("SQLite format 3\0", 16);
  constexpr std::size_t read_version_at = 19;
  std::array<char, read_version_at + 1> bytes{};
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  const ssize_t length = file.is_open() ? ::read(file.get(), bytes.data(), bytes.size()) : 0;
  if (length <= 0) {
    return DatabaseHeader::none;
  }
  const std::string_view head(bytes.data(), static_cast<std::size_t>(length));
  if (head.size() < bytes.size() || !head.starts_with(magic)) {
    return DatabaseHeader::other;
  }
  return bytes[read_version_at] == 2 ? DatabaseHeader::write_ahead : DatabaseHeader::plain;
}

std::string immutable_name(const std::string& path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string name = "file:";
  for (const char c : path) {
    if (ascii::is_alnum(c) || c == '/' || c == '.' || c == '_' || c == '-') {
      name += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      name += '%';
      name += digits[byte >> 4U];
      name += digits[byte & 0xFU];
    }
  }
  return name + "?immutable=1";
}

}  // namespace mta_sts::tlsrpt
