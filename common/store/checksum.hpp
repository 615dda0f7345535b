#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace mta_sts::store {

/// Adds texts up so that a changed, missing or moved byte shows; no protection against whoever can write the
/// file. Eight bytes at a step: it is made with every request.
class Checksum {
 public:
  void add(std::string_view text) {
    add_word(text.size());
    while (text.size() >= sizeof(std::uint64_t)) {
      add_word(word_of(text));
      text.remove_prefix(sizeof(std::uint64_t));
    }
    if (!text.empty()) {
      add_word(word_of(text));
    }
  }

  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  static std::uint64_t word_of(std::string_view text) {
    std::uint64_t word = 0;
    if (text.size() >= sizeof word) {
      std::memcpy(&word, text.data(), sizeof word);  // one load
    } else {
      std::memcpy(&word, text.data(), text.size());
    }
    return word;
  }

  void add_word(std::uint64_t word) {
    value_ = (value_ ^ word) * 0x9e3779b97f4a7c15ULL;
    value_ ^= value_ >> 32U;
  }

  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace mta_sts::store
