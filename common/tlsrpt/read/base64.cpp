#include "tlsrpt/read/base64.hpp"

#include <array>
#include <cstdint>

namespace mta_sts::tlsrpt {
namespace {

constexpr std::uint32_t no_digit = std::uint32_t{1} << 31;

// What each byte stands for as a digit, RFC 4648 section 4.
constexpr std::array<std::uint32_t, 256> digits = [] {
  constexpr std::string_view order = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint32_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < order.size(); ++i) {
    values[static_cast<unsigned char>(order[i])] = static_cast<std::uint32_t>(i);
  }
  return values;
}();

std::uint32_t digit(char c) {
  return digits[static_cast<unsigned char>(c)];
}

class Decoder {
 public:
  explicit Decoder(std::string_view text) : text_(text), out_(text.size(), '\0') {}

  std::string run() {
    while (at_ < text_.size()) {
      if (bits_ == 0) {
        take_groups();
      }
      if (at_ < text_.size()) {
        take(text_[at_++]);
      }
    }
    end_group();
    out_.resize(made_);
    return std::move(out_);
  }

 private:
  // Whole groups of four: all but a few bytes of a text.
  void take_groups() {
    for (; text_.size() - at_ >= 4; at_ += 4) {
      const std::uint32_t a = digit(text_[at_]);
      const std::uint32_t b = digit(text_[at_ + 1]);
      const std::uint32_t c = digit(text_[at_ + 2]);
      const std::uint32_t d = digit(text_[at_ + 3]);
      if (((a | b | c | d) & no_digit) != 0) {
        return;
      }
      const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
      out_[made_] = static_cast<char>(group >> 16);
      out_[made_ + 1] = static_cast<char>(group >> 8);
      out_[made_ + 2] = static_cast<char>(group);
      made_ += 3;
    }
  }

  void take(char c) {
    if (c == '=') {
      end_group();
    } else if (digit(c) != no_digit) {
      group_ = group_ << 6 | digit(c);
      bits_ += 6;
      if (bits_ == 24) {
        end_group();
      }
    }
  }

  // Gives the whole bytes of a group.
  void end_group() {
    for (; bits_ >= 8; bits_ -= 8) {
      out_[made_++] = static_cast<char>(group_ >> (bits_ - 8));
    }
    bits_ = 0;
    group_ = 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::size_t made_ = 0;
  std::uint32_t group_ = 0;
  unsigned bits_ = 0;
};

}  // namespace

std::string decode_base64(std::string_view text) {
  return Decoder(text).run();
}

}  // namespace mta_sts::tlsrpt
