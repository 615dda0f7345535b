#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tlsrpt/read/byte_source.hpp"
#include "tlsrpt/read/unpack_archive.hpp"

namespace mta_sts::tlsrpt {

/// Gives the files that a zip archive begins with as unpack_archive does, but without its library, which
/// costs many times as much: files that are stored or deflated, whole in the source's buffer, of up to 1 MiB,
/// under names of printable ASCII, their sizes and checksum in front of them and right. It stops in front of
/// the first entry where anything is not of that shape, or which goes over a limit of unpack_archive: that
/// decides what the rest means. Source: PKWARE's APPNOTE sections 4.3.7 and 4.4.
[[nodiscard]] ArchiveFront read_plain_zip(
    BufferedSource& source, const std::function<void(std::string_view name, std::string& bytes)>& accept);

}  // namespace mta_sts::tlsrpt
