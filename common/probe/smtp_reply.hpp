#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::probe {

struct SmtpReply {
  int code = 0;
  std::vector<std::string> lines;  ///< code and separator cut off

  /// Gives the code and the first line.
  [[nodiscard]] std::string text() const { return std::to_string(code) + " " + lines.front(); }
};

/// Reads replies out of a stream of untrusted bytes, bounded in lines and bytes. RFC 5321 section 4.2.
class SmtpReplyReader {
 public:
  /// So many bytes at most should be taken from the network at a time.
  static constexpr std::size_t chunk_bytes = 2048;

  void feed(std::string_view bytes) { buffer_ += bytes; }

  /// Gives the next reply; nothing where it is not complete, or the stream is none of replies: then error()
  /// says why, and nothing more is read.
  [[nodiscard]] std::optional<SmtpReply> next();

  /// Empty as long as the stream makes sense.
  [[nodiscard]] const std::string& error() const { return error_; }

  /// Throws away what came behind the last reply, and gives its size in bytes.
  std::size_t discard();

 private:
  [[nodiscard]] std::optional<std::string> next_line();

  std::string buffer_;
  SmtpReply begun_;
  std::size_t begun_bytes_ = 0;
  std::string error_;
};

}  // namespace mta_sts::probe
