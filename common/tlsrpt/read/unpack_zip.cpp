#include "tlsrpt/read/unpack_zip.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <new>
#include <span>

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

class ZipReader {
 public:
  ZipReader(ByteSource& source, Findings& findings) : feed_{.source = source}, findings_(findings) {}

  void run(const std::function<void(std::string_view, std::string&)>& accept) {
    archive_.reset(archive_read_new());
    if (!archive_) {
      throw std::bad_alloc();
    }
    // The streaming reader alone: it takes each byte once, so entries that share bytes cannot multiply it.
    if (archive_read_support_format_zip_streamable(archive_.get()) != ARCHIVE_OK ||
        archive_read_open(archive_.get(), &feed_, nullptr, feed_chunk, nullptr) != ARCHIVE_OK) {
      fail("is no zip archive");
      return;
    }
    archive_entry* entry = nullptr;
    int result = ARCHIVE_OK;
    while ((result = archive_read_next_header(archive_.get(), &entry)) == ARCHIVE_OK ||
           result == ARCHIVE_WARN) {
      if (archive_entry_filetype(entry) == AE_IFDIR) {
        continue;
      }
      const char* path = archive_entry_pathname(entry);
      const std::string name = path == nullptr ? "" : path;
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
        findings_.fail(ReadError::too_big, "entry '" + name + "' unpacks to more than 20 MiB" + ratio());
        return true;
      case EntryEnd::over_all_limits:
        findings_.fail(ReadError::too_big, "the zip archive unpacks to more than any archive of reports" +
                                               ratio() + "; the rest is left");
        return false;
      case EntryEnd::broken:
        fail("entry '" + name + "': " + reason());
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
      if (unpacked_ > unpacked_limit_bytes + zip_ratio_limit * feed_.taken) {
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
    findings_.fail(ReadError::zip, "the zip archive cannot be unpacked: " + why);
  }

  [[nodiscard]] std::string reason() const {
    const char* text = archive_error_string(archive_.get());
    return text == nullptr ? "it is damaged" : text;
  }

  [[nodiscard]] std::string ratio() const {
    return " (ratio " + std::to_string(unpacked_ / std::max<std::size_t>(feed_.taken, 1)) + ":1)";
  }

  Feed feed_;
  Findings& findings_;
  Archive archive_;
  std::size_t unpacked_ = 0;
  bool is_fatal_ = false;
};

}  // namespace

void unpack_zip(ByteSource& source, Findings& findings,
                const std::function<void(std::string_view name, std::string& bytes)>& accept) {
  ZipReader(source, findings).run(accept);
}

}  // namespace mta_sts::tlsrpt
