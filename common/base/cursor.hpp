#pragma once

#include <cstddef>
#include <string_view>

namespace mta_sts::text {

/// A place in a text: line and column count from 1, the column in bytes.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;

  bool operator==(const Position&) const = default;
};

/// Reads a text from front to back, every step checked against its end. All parsers of text go through it.
/// It views the text it was given, which must outlive it.
class Cursor {
 public:
  explicit constexpr Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] constexpr bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] constexpr std::size_t offset() const { return at_; }
  [[nodiscard]] constexpr std::string_view rest() const { return text_.substr(at_); }

  /// Tells whether the next byte is `c`, without taking it.
  [[nodiscard]] constexpr bool sees(char c) const { return !at_end() && text_[at_] == c; }

  /// Takes the byte `c` if it is next.
  constexpr bool take(char c) {
    if (!sees(c)) {
      return false;
    }
    ++at_;
    return true;
  }

  /// Takes `word` if the text goes on with exactly these bytes.
  constexpr bool take(std::string_view word) {
    if (!rest().starts_with(word)) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  /// Takes bytes as long as `accept(byte)` holds, at most `limit` of them, and gives them.
  template <typename Accept>
  constexpr std::string_view take_while(Accept accept, std::size_t limit = std::string_view::npos) {
    const std::size_t begin = at_;
    while (!at_end() && at_ - begin < limit && accept(text_[at_])) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  /// Gives line and column of an offset of the text, lines ended by LF.
  [[nodiscard]] constexpr Position position_of(std::size_t offset) const {
    Position position;
    for (std::size_t i = 0; i < offset && i < text_.size(); ++i) {
      if (text_[i] == '\n') {
        ++position.line;
        position.column = 1;
      } else {
        ++position.column;
      }
    }
    return position;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace mta_sts::text
