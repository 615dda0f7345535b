#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mta_sts::sender::dns {

/// Reads a DNS message from front to back, every step checked against its end; once failed, always failed.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> message, std::size_t at = 0) : message_(message), at_(at) {}

  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] bool failed() const { return failed_; }

  std::uint8_t byte() {
    if (at_ >= message_.size()) {
      failed_ = true;
      return 0;
    }
    return message_[at_++];
  }

  std::uint16_t u16() {
    const std::uint16_t high = byte();
    return static_cast<std::uint16_t>(high << 8U | byte());
  }

  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16U | u16();
  }

  std::span<const std::uint8_t> take(std::size_t length) {
    if (length > message_.size() - std::min(at_, message_.size())) {
      failed_ = true;
      return {};
    }
    const auto taken = message_.subspan(at_, length);
    at_ += length;
    return taken;
  }

  /// Gives a name as lower-case labels, each behind its length; pointers may only go backwards.
  std::string name();

 private:
  std::span<const std::uint8_t> message_;
  std::size_t at_;
  bool failed_ = false;
};

/// Gives a name as lower-case labels behind their lengths; nothing where it is no name of DNS.
[[nodiscard]] std::optional<std::string> to_labels(std::string_view name);

/// Gives the text of such labels; bytes that a host name does not have as \DDD (RFC 1035 section 5.1).
[[nodiscard]] std::string to_text(std::string_view labels);

}  // namespace mta_sts::sender::dns
