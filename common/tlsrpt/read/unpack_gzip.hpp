#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "tlsrpt/model/words.hpp"

namespace mta_sts::tlsrpt {

[[nodiscard]] constexpr bool looks_like_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1F\x8B");
}

struct Unpacked {
  std::string bytes;
  bool has_trailing_bytes = false;  ///< something other than a further member followed
  bool has_lost_bytes = false;      ///< so much of it that it may be a damaged member
};

/// Unpacks gzip; one object unpacks any number of files and sets up its memory once.
class GzipUnpacker {
 public:
  GzipUnpacker();
  ~GzipUnpacker();
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;

  /// Unpacks all members, each with its checksum and length proved. Errors: gzip (corrupt or truncated; what
  /// came out before is not used), too_big (over unpacked_limit_bytes). RFC 1952.
  [[nodiscard]] std::expected<Unpacked, Problem> unpack(std::string_view bytes);

 private:
  class Inflater;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace mta_sts::tlsrpt
