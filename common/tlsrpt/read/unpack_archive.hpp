#pragma once

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

/// Unpacks an archive entry by entry, the whole never in memory, and calls `accept(name, bytes)` for each
/// file; a stream has one, without a name. `bytes` may be moved from. What cannot be unpacked goes to
/// `findings`: zip, archive (all other packings), too_big; the entries before and, where the archive still
/// makes sense, behind it are given. What macOS and Windows put beside files (is_system_file) is left out.
void unpack_archive(Packing packing, ByteSource& source, Findings& findings,
                    const std::function<void(std::string_view name, std::string& bytes)>& accept);

/// Tells whether a file, or a folder, is one that macOS, Windows, Office or a storage device puts into folders and
/// archives on its own: in __MACOSX or $RECYCLE.BIN, .DS_Store, ._NAME, Thumbs.db, ~$NAME and the like.
[[nodiscard]] bool is_system_file(std::string_view path);

}  // namespace mta_sts::tlsrpt
