#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tlsrpt/model/words.hpp"
#include "tlsrpt/read/byte_source.hpp"

namespace mta_sts::tlsrpt {

/// What libarchive unpacks here: archives of files, and streams of one.
enum class Packing : std::uint8_t { zip, tar, bzip2, lz4, xz, zstd };

/// Tells by its first bytes (512 for tar) how something is packed; nothing where it is not.
[[nodiscard]] std::optional<Packing> packing_of(std::string_view bytes);

/// An archive may unpack to this much more than unpacked_limit_bytes for each byte that it has: ten times
/// what JSON reports ever compress, a tenth of what a bomb does.
inline constexpr std::size_t archive_ratio_limit = 200;

/// What was unpacked of an archive before.
struct ArchiveFront {
  bool is_whole = false;     ///< nothing is left; else the source stands between two entries
  std::size_t taken = 0;     ///< bytes of the source
  std::size_t unpacked = 0;  ///< bytes of the files
};

/// Unpacks an archive entry by entry, the whole never in memory, and calls `accept(name, bytes)` for each
/// file behind `front`, which only a zip archive can have; a stream has one, without a name. `bytes` may be
/// moved from. What cannot be unpacked goes to `findings`: zip, archive (all other packings), too_big; the
/// entries before and, where the archive still makes sense, behind it are given. System files
/// (system_files.hpp) are left out.
void unpack_archive(Packing packing, ByteSource& source, const ArchiveFront& front, Findings& findings,
                    const std::function<void(std::string_view name, std::string& bytes)>& accept);

}  // namespace mta_sts::tlsrpt
