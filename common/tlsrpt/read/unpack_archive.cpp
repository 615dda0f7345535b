#include "tlsrpt/read/unpack_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <new>
#include <span>
#include <system_error>
#include <utility>

#include "base/cursor.hpp"
#include "base/handle.hpp"
#include "tlsrpt/read/system_files.hpp"

namespace mta_sts::tlsrpt {
namespace {

using Archive = Handle<archive, archive_read_free>;

// What libarchive's callback reads from.
struct Feed {
  ByteSource& source;
  std::string_view mark;  // given before the source
  std::size_t taken = 0;
  std::array<char, 65536> chunk{};
};

la_ssize_t feed_chunk(archive* handle, void* data, const void** buffer) noexcept {
  auto& feed = *static_cast<Feed*>(data);
  try {
    if (!feed.mark.empty()) {
      *buffer = feed.mark.data();
      return static_cast<la_ssize_t>(std::exchange(feed.mark, {}).size());
    }
    const auto got = feed.source.read(std::span(feed.chunk));
    if (got) {
      feed.taken += *got;
      *buffer = feed.chunk.data();
      return static_cast<la_ssize_t>(*got);
    }
  } catch (...) {  // told to libarchive below
  }
  archive_set_error(handle, -1, "the input could not be read");
  return -1;
}

enum class EntryEnd { done, too_big, over_all_limits, broken };

struct Method {
  Packing packing;
  std::string_view name;
  int (*support_format)(archive*);
  int (*support_filter)(archive*);  // null: an archive of files, not packed itself
};

// The streaming reader of zip alone: it takes each byte once, so entries that share bytes cannot multiply it.
constexpr std::array methods = {
    Method{Packing::zip, "zip archive", archive_read_support_format_zip_streamable, nullptr},
    Method{Packing::tar, "tar archive", archive_read_support_format_tar, nullptr},
    Method{Packing::bzip2, "bzip2 stream", archive_read_support_format_raw,
           archive_read_support_filter_bzip2},
    Method{Packing::lz4, "lz4 stream", archive_read_support_format_raw, archive_read_support_filter_lz4},
    Method{Packing::xz, "xz stream", archive_read_support_format_raw, archive_read_support_filter_xz},
    Method{Packing::zstd, "zstd stream", archive_read_support_format_raw, archive_read_support_filter_zstd},
};

// A zip archive may begin with it, APPNOTE section 8.5.4. libarchive looks for an entry behind it as it does
// behind an entry, while an archive that begins with anything else than an entry is none to it.
constexpr std::string_view segment_mark = "PK00";

class ArchiveReader {
 public:
  ArchiveReader(const Method& method, ByteSource& source, const ArchiveFront& front, Findings& findings)
      : method_(method),
        feed_{.source = source,
              .mark = front.taken > 0 ? segment_mark : std::string_view(),
              .taken = front.taken},
        findings_(findings),
        unpacked_(front.unpacked) {}

  void run(const std::function<void(std::string_view, std::string&)>& accept) {
    archive_.reset(archive_read_new());
    if (!archive_) {
      throw std::bad_alloc();
    }
    // A library that was built without the filter would run a program of that name, and says so by a warning.
    if (method_.support_format(archive_.get()) != ARCHIVE_OK ||
        (method_.support_filter != nullptr && method_.support_filter(archive_.get()) != ARCHIVE_OK) ||
        archive_read_open(archive_.get(), &feed_, nullptr, feed_chunk, nullptr) != ARCHIVE_OK) {
      fail(reason());
      return;
    }
    archive_entry* entry = nullptr;
    int result = ARCHIVE_OK;
    while ((result = archive_read_next_header(archive_.get(), &entry)) == ARCHIVE_OK ||
           result == ARCHIVE_WARN) {
      if (method_.support_filter != nullptr && archive_filter_count(archive_.get()) < 2) {
        fail("its head is damaged");  // the packed bytes themselves would be given
        return;
      }
      const char* path = method_.support_filter != nullptr ? nullptr : archive_entry_pathname(entry);
      const std::string name = path == nullptr ? "" : path;
      const auto type = archive_entry_filetype(entry);
      const bool is_file = type == AE_IFREG || type == 0;
      if (!is_file || is_system_file(name)) {
        continue;
      }
      if (!read_entry(name, accept)) {
        return;
      }
    }
    if (result != ARCHIVE_EOF) {
      fail(reason());
    }
  }

 private:
  // False where the archive is to be left.
  bool read_entry(const std::string& name,
                  const std::function<void(std::string_view, std::string&)>& accept) {
    std::string bytes;
    switch (unpack_entry(bytes)) {
      case EntryEnd::done:
        accept(name, bytes);
        return true;
      case EntryEnd::too_big:
        findings_.fail(ReadError::too_big, entry_name(name) + " unpacks to more than 20 MiB" + ratio());
        return true;
      case EntryEnd::over_all_limits:
        findings_.fail(ReadError::too_big, "the " + std::string(method_.name) +
                                               " unpacks to more than any archive of reports" + ratio() +
                                               "; the rest is left");
        return false;
      case EntryEnd::broken:
        fail((name.empty() ? "" : entry_name(name) + ": ") + reason());
        return !is_fatal_;
    }
    return false;
  }

  EntryEnd unpack_entry(std::string& bytes) {
    std::array<char, 32768> chunk;
    bool is_too_big = false;
    while (true) {
      const la_ssize_t got = archive_read_data(archive_.get(), chunk.data(), chunk.size());
      if (got == 0) {
        return is_too_big ? EntryEnd::too_big : EntryEnd::done;
      }
      if (got < 0) {
        is_fatal_ = got == ARCHIVE_FATAL;
        return EntryEnd::broken;
      }
      unpacked_ += static_cast<std::size_t>(got);
      if (unpacked_ > unpacked_limit_bytes + archive_ratio_limit * feed_.taken) {
        return EntryEnd::over_all_limits;
      }
      is_too_big = is_too_big || bytes.size() + static_cast<std::size_t>(got) > unpacked_limit_bytes;
      if (is_too_big) {
        bytes.clear();
        bytes.shrink_to_fit();
      } else {
        bytes.append(chunk.data(), static_cast<std::size_t>(got));
      }
    }
  }

  void fail(const std::string& why) {
    findings_.fail(method_.packing == Packing::zip ? ReadError::zip : ReadError::archive,
                   "the " + std::string(method_.name) + " cannot be unpacked: " + why);
  }

  [[nodiscard]] std::string entry_name(const std::string& name) const {
    return name.empty() ? "the " + std::string(method_.name) : "entry '" + name + "'";
  }

  [[nodiscard]] std::string reason() const {
    const char* text = archive_error_string(archive_.get());
    return text == nullptr ? "it is damaged" : text;
  }

  [[nodiscard]] std::string ratio() const {
    return " (ratio " + std::to_string(unpacked_ / std::max<std::size_t>(feed_.taken, 1)) + ":1)";
  }

  const Method& method_;
  Feed feed_;
  Findings& findings_;
  Archive archive_;
  std::size_t unpacked_ = 0;
  bool is_fatal_ = false;
};

bool has_at(std::string_view bytes, std::size_t offset, std::string_view magic) {
  return bytes.size() > offset && bytes.substr(offset).starts_with(magic);
}

// A tar archive of the seventh edition of Unix has no magic: the header's sum tells it, in which its own
// field counts as blanks.
bool is_old_tar(std::string_view bytes) {
  constexpr std::size_t header_bytes = 512;
  constexpr std::size_t sum_begin = 148;
  constexpr std::size_t sum_bytes = 8;
  if (bytes.size() < header_bytes || bytes.front() == '\0') {
    return false;
  }
  text::Cursor field(bytes.substr(sum_begin, sum_bytes));
  field.take_while([](char c) { return c == ' '; });
  const std::string_view digits = field.take_while([](char c) { return c >= '0' && c <= '7'; });
  std::uint64_t told = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), told, 8).ec != std::errc()) {
    return false;
  }
  std::uint64_t sum = sum_bytes * ' ';
  for (std::size_t i = 0; i < header_bytes; ++i) {
    sum += i - sum_begin < sum_bytes ? 0 : static_cast<unsigned char>(bytes[i]);
  }
  return told == sum;
}

}  // namespace

std::optional<Packing> packing_of(std::string_view bytes) {
  using std::string_view_literals::operator""sv;
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06") || bytes.starts_with("PK\x07\x08")) {
    return Packing::zip;
  }
  if (bytes.starts_with("\xFD\x37\x7A\x58\x5A\x00"sv)) {
    return Packing::xz;
  }
  if (bytes.starts_with("\x28\xB5\x2F\xFD")) {
    return Packing::zstd;
  }
  if (bytes.starts_with("\x04\x22\x4D\x18") ||
      bytes.starts_with("\x02\x21\x4C\x18")) {  // and as Linux has it
    return Packing::lz4;
  }
  constexpr std::size_t block_magic_at = 4;  // behind "BZh" and the digit of the block's size
  if (bytes.starts_with("BZh") && has_at(bytes, block_magic_at, "\x31\x41\x59\x26\x53\x59")) {
    return Packing::bzip2;
  }
  constexpr std::size_t tar_magic_at = 257;
  return has_at(bytes, tar_magic_at, "ustar") || is_old_tar(bytes) ? std::optional(Packing::tar)
                                                                   : std::nullopt;
}

void unpack_archive(Packing packing, ByteSource& source, const ArchiveFront& front, Findings& findings,
                    const std::function<void(std::string_view name, std::string& bytes)>& accept) {
  ArchiveReader(*std::ranges::find(methods, packing, &Method::packing), source, front, findings).run(accept);
}

}  // namespace mta_sts::tlsrpt
