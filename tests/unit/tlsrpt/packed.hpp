#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <vector>

#include "base/handle.hpp"

namespace mta_sts::tlsrpt {

/// A file in an archive.
struct Entry {
  std::string name;
  std::string bytes;
};

/// Writes an archive of what `set_up` makes of the writer.
template <typename SetUp>
std::string pack_with(const std::vector<Entry>& entries, SetUp set_up) {
  std::string out((std::size_t{4} << 20), '\0');
  std::size_t used = 0;
  const Handle<archive, archive_write_free> writer(archive_write_new());
  set_up(writer.get());
  archive_write_open_memory(writer.get(), out.data(), out.size(), &used);
  for (const Entry& entry : entries) {
    const Handle<archive_entry, archive_entry_free> header(archive_entry_new());
    archive_entry_set_pathname(header.get(), entry.name.c_str());
    archive_entry_set_size(header.get(), static_cast<la_int64_t>(entry.bytes.size()));
    archive_entry_set_filetype(header.get(), AE_IFREG);
    archive_entry_set_perm(header.get(), 0644);
    archive_write_header(writer.get(), header.get());
    archive_write_data(writer.get(), entry.bytes.data(), entry.bytes.size());
  }
  archive_write_close(writer.get());
  out.resize(used);
  return out;
}

inline std::string zip(const std::vector<Entry>& entries, const char* options = nullptr) {
  return pack_with(entries, [&](archive* writer) {
    archive_write_set_format_zip(writer);
    if (options != nullptr) {
      archive_write_set_options(writer, options);
      archive_write_set_passphrase(writer, "secret");
    }
  });
}

}  // namespace mta_sts::tlsrpt
