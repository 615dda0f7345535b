#pragma once

#include <hiredis/hiredis.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/handle.hpp"

namespace mta_sts::sender {

/// A reply in the part of RESP2 that the commands of this folder are answered with.
struct RedisReply {
  enum class Kind : std::uint8_t { status, error, integer, text, nothing };
  Kind kind = Kind::nothing;
  std::string text;  ///< of status, error and text
};

/// Writes a command in the form of the protocol: an array of its words.
[[nodiscard]] std::string render_redis_command(std::span<const std::string_view> words);

/// Reads replies out of a stream of untrusted bytes, by hiredis' parser. What is not read yet is bounded:
/// hiredis by itself waits for any length that a reply claims to have, and makes room for as many elements.
class RedisReplyReader {
 public:
  /// A reply may have about this many bytes.
  explicit RedisReplyReader(std::size_t limit_bytes);
  RedisReplyReader(const RedisReplyReader&) = delete;
  RedisReplyReader& operator=(const RedisReplyReader&) = delete;

  /// Takes the next bytes; call next() until it gives nothing before the next call.
  void feed(std::string_view bytes);

  /// Gives the next reply; nothing where it is not complete, or the stream is broken.
  [[nodiscard]] std::optional<RedisReply> next();

  /// Tells whether the stream makes no sense any more: no RESP, a reply of another kind, or one that is too
  /// long.
  [[nodiscard]] bool is_broken() const { return is_broken_; }

 private:
  redisReplyObjectFunctions functions_{};
  Handle<redisReader, redisReaderFree> reader_;
  std::size_t limit_bytes_;
  std::optional<RedisReply> made_;  // by the functions that hiredis calls
  bool is_broken_ = false;
};

}  // namespace mta_sts::sender
