#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sender/fetch/http_head.hpp"

namespace mta_sts::sender {

/// Takes the chunked coding off a body, byte for byte as RFC 9112 section 7.1 has it: what libcurl takes
/// for a chunk changes with its version, and a policy must not.
class ChunkedBody {
 public:
  /// Takes the next bytes as received and appends the content in them to `content`, at most `limit` bytes
  /// of it in all and one more. Trailer fields go to `head`, whose trailers they are. False: the coding is
  /// broken (see fault()). Bytes behind the end are passed over. Total, and bounded whatever comes.
  bool decode(std::string_view bytes, HttpHead& head, std::string& content, std::size_t limit);

  [[nodiscard]] bool ended() const { return state_ == State::ended; }

  /// Tells what is wrong with the coding, safe to show; empty while nothing is.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  enum class State { size, extension, size_end, content, content_end, content_end_lf, trailer, ended };

  bool decode_byte(char byte, HttpHead& head);
  bool parse_size(char byte);
  bool parse_size_end(char byte);
  bool parse_trailer(char byte, HttpHead& head);
  bool broken(std::string_view fault);

  State state_ = State::size;
  std::size_t size_ = 0;      // of this chunk, what is still to come
  std::size_t digits_ = 0;    // of its size
  std::size_t overhead_ = 0;  // bytes that are no content
  std::string line_;
  std::string fault_;
};

}  // namespace mta_sts::sender
