#include "tlsrpt/read/unpack_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <new>
#include <span>

#include "base/ascii.hpp"
#include "base/handle.hpp"

namespace mta_sts::tlsrpt {
namespace {

using Archive = Handle<archive, archive_read_free>;

// What libarchive's callback reads from.
struct Feed {
  ByteSource& source;
  std::array<char, 65536> chunk{};
  std::size_t taken = 0;
};

la_ssize_t feed_chunk(archive* handle, void* data, const void** buffer) noexcept {
  auto& feed = *static_cast<Feed*>(data);
  try {
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

class ArchiveReader {
 public:
  ArchiveReader(const Method& method, ByteSource& source, Findings& findings)
      : method_(method), feed_{.source = source}, findings_(findings) {}

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
  if (bytes.starts_with("\x04\x22\x4D\x18")) {
    return Packing::lz4;
  }
  constexpr std::size_t block_magic_at = 4;  // behind "BZh" and the digit of the block's size
  if (bytes.starts_with("BZh") && has_at(bytes, block_magic_at, "\x31\x41\x59\x26\x53\x59")) {
    return Packing::bzip2;
  }
  constexpr std::size_t tar_magic_at = 257;
  return has_at(bytes, tar_magic_at, "ustar") ? std::optional(Packing::tar) : std::nullopt;
}

void unpack_archive(Packing packing, ByteSource& source, Findings& findings,
                    const std::function<void(std::string_view name, std::string& bytes)>& accept) {
  ArchiveReader(*std::ranges::find(methods, packing, &Method::packing), source, findings).run(accept);
}

bool is_system_file(std::string_view path) {
  constexpr std::array<std::string_view, 8> folders = {
      "__MACOSX", ".AppleDouble", ".Spotlight-V100",           ".Trashes",
      "@eaDir",   ".fseventsd",   "System Volume Information", "$RECYCLE.BIN",
  };
  constexpr std::array<std::string_view, 7> files = {
      ".DS_Store", ".apdisk", ".localized", "Icon\r", "Thumbs.db", "desktop.ini", "ehthumbs.db",
  };
  const auto is_in = [](std::string_view name, const auto& names) {
    return std::ranges::any_of(
        names, [&](std::string_view each) { return ascii::equals_ignoring_case(name, each); });
  };
  std::string_view name = path;
  for (std::size_t slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/')) {
    if (is_in(name.substr(0, slash), folders)) {
      return true;
    }
    name.remove_prefix(slash + 1);
  }
  return is_in(name, folders) || is_in(name, files) || name.starts_with("._") || name.starts_with("~$") ||
         name.ends_with(":Zone.Identifier");
}

}  // namespace mta_sts::tlsrpt
