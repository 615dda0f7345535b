#include "tlsrpt/read/plain_zip.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <optional>

#include "base/handle.hpp"
#include "tlsrpt/model/words.hpp"
#include "tlsrpt/read/system_files.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::size_t header_bytes = 30;
// Room for these is made before they are there.
constexpr std::size_t file_limit_bytes = std::size_t{1} << 20;

// Bits 1 and 2 tell how hard deflate tried, bit 11 that the name is UTF-8, as ASCII is.
constexpr std::uint32_t plain_flags = 0x0806;
constexpr std::uint32_t stored = 0;
constexpr std::uint32_t deflated = 8;

// A little-endian number.
std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint32_t value = 0;
  for (std::size_t i = length; i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  }
  return value;
}

// A file or folder, in the source's buffer.
struct Entry {
  std::uint32_t method = stored;
  std::uint32_t crc = 0;
  std::size_t size = 0;  // unpacked
  std::string_view name = {};
  std::string_view packed = {};
  std::size_t taken = 0;  // with its header

  [[nodiscard]] bool is_folder() const { return name.ends_with('/') && packed.empty() && size == 0; }
};

// The library reads a backslash by the system that wrote it.
bool is_plain_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

// Times and owners, as Info-ZIP adds them. Any other field may change the name, the sizes or what the entry
// is.
bool has_plain_extra(std::string_view extra) {
  while (!extra.empty()) {
    if (extra.size() < 4) {
      return false;
    }
    const std::uint32_t id = number(extra, 0, 2);
    const std::size_t length = number(extra, 2, 2);
    const bool is_known = id == 0x5455 || id == 0x5855 || id == 0x7855 || id == 0x7875;
    if (!is_known || length == 0 || length > extra.size() - 4) {
      return false;
    }
    extra.remove_prefix(4 + length);
  }
  return true;
}

class PlainZipReader {
 public:
  explicit PlainZipReader(BufferedSource& source)
      : source_(source), inflater_(libdeflate_alloc_decompressor()) {
    if (!inflater_) {
      throw std::bad_alloc();
    }
  }

  ArchiveFront run(const std::function<void(std::string_view, std::string&)>& accept) {
    std::string bytes;
    while (const auto entry = find_entry()) {
      const bool is_left_out = entry->is_folder() || is_system_file(entry->name);
      if (!is_left_out) {
        if (!unpack(*entry, bytes)) {
          break;
        }
        accept(entry->name, bytes);
      }
      source_.skip(entry->taken);
      front_.taken += entry->taken;
    }
    return front_;
  }

 private:
  // Nothing at the end, and where the entry is not plain.
  std::optional<Entry> find_entry() {
    const std::string_view header = source_.peek(header_bytes);
    // What stands behind the entries: their directory, or its end where there is none.
    front_.is_whole = header.starts_with("PK\x01\x02") || header.starts_with("PK\x05\x06");
    if (header.size() < header_bytes || !header.starts_with("PK\x03\x04") ||
        (number(header, 6, 2) & ~plain_flags) != 0) {
      return std::nullopt;
    }
    Entry entry{.method = number(header, 8, 2), .crc = number(header, 14, 4), .size = number(header, 22, 4)};
    const std::size_t packed_bytes = number(header, 18, 4);
    const std::size_t name_bytes = number(header, 26, 2);
    const std::size_t extra_bytes = number(header, 28, 2);
    entry.taken = header_bytes + name_bytes + extra_bytes + packed_bytes;
    if (entry.taken > BufferedSource::buffer_bytes) {
      return std::nullopt;
    }
    const std::string_view rest = source_.peek(entry.taken);
    if (rest.size() < entry.taken) {
      return std::nullopt;
    }
    entry.name = rest.substr(header_bytes, name_bytes);
    entry.packed = rest.substr(entry.taken - packed_bytes, packed_bytes);
    const bool is_plain = is_plain_name(entry.name) &&
                          has_plain_extra(rest.substr(header_bytes + name_bytes, extra_bytes)) &&
                          (entry.is_folder() || !entry.name.ends_with('/'));
    return is_plain ? std::optional(entry) : std::nullopt;
  }

  bool unpack(const Entry& entry, std::string& bytes) {
    const std::size_t limit = unpacked_limit_bytes + archive_ratio_limit * (front_.taken + entry.taken);
    if (entry.size == 0 || entry.size > file_limit_bytes || front_.unpacked + entry.size > limit) {
      return false;
    }
    const bool is_unpacked = entry.method == stored     ? copy(entry, bytes)
                             : entry.method == deflated ? inflate(entry, bytes)
                                                        : false;
    if (!is_unpacked || libdeflate_crc32(0, bytes.data(), bytes.size()) != entry.crc) {
      return false;
    }
    front_.unpacked += entry.size;
    return true;
  }

  static bool copy(const Entry& entry, std::string& bytes) {
    bytes = entry.packed;
    return entry.packed.size() == entry.size;
  }

  bool inflate(const Entry& entry, std::string& bytes) {
    bytes.resize(entry.size);
    std::size_t taken = 0;
    std::size_t made = 0;
    return libdeflate_deflate_decompress_ex(inflater_.get(), entry.packed.data(), entry.packed.size(),
                                            bytes.data(), bytes.size(), &taken,
                                            &made) == LIBDEFLATE_SUCCESS &&
           taken == entry.packed.size() && made == entry.size;
  }

  BufferedSource& source_;
  Handle<libdeflate_decompressor, libdeflate_free_decompressor> inflater_;
  ArchiveFront front_;
};

}  // namespace

ArchiveFront read_plain_zip(BufferedSource& source,
                            const std::function<void(std::string_view, std::string&)>& accept) {
  return PlainZipReader(source).run(accept);
}

}  // namespace mta_sts::tlsrpt
