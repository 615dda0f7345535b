#include "tlsrpt/history/database_header.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/ascii.hpp"
#include "base/handle.hpp"

namespace mta_sts::tlsrpt {
namespace {

void close_file(std::FILE* file) {
  std::fclose(file);
}

}  // namespace

// https://www.sqlite.org/fileformat2.html section 1.3.
DatabaseHeader read_database_header(const std::string& path) {
  constexpr std::string_view magic("SQLite format 3\0", 16);
  constexpr std::size_t read_version_at = 19;
  std::array<char, read_version_at + 1> bytes{};
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(path, ignored);  // a pipe would be waited for
  const Handle<std::FILE, close_file> file(is_file ? std::fopen(path.c_str(), "rbe") : nullptr);
  const std::size_t length = file ? std::fread(bytes.data(), 1, bytes.size(), file.get()) : 0;
  if (length == 0) {
    return DatabaseHeader::none;
  }
  const std::string_view head(bytes.data(), length);
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
