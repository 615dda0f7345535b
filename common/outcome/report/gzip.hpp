#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace mta_sts::outcome {

/// Gives the bytes as one gzip member (RFC 1952), the same each time. Throws bad_alloc.
[[nodiscard]] std::string compress_gzip(std::string_view bytes);

/// Gives back what compress_gzip() was given, `size` bytes; empty where it is anything else, or more than 64
/// MiB.
[[nodiscard]] std::string decompress_gzip(std::string_view gzip, std::size_t size);

}  // namespace mta_sts::outcome
