#include "tlsrpt/history/postgres_text.hpp"

#include <utility>

#include "base/utf8.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr char substitute = '\x1A';
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view special("\0\x1A", 2);

int digit_of(char c) {
  const std::size_t value = hex_digits.find(c);
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

}  // namespace

std::string to_postgres_text(std::string_view bytes) {
  if (bytes.find_first_of(special) == std::string_view::npos && !text::find_invalid_utf8(bytes)) {
    return std::string(bytes);
  }
  std::string text;
  while (!bytes.empty()) {
    const auto character = text::decode_utf8(bytes);
    if (character && special.find(bytes.front()) == std::string_view::npos) {
      text.append(bytes.substr(0, character->length));
      bytes.remove_prefix(character->length);
      continue;
    }
    const auto byte = static_cast<unsigned char>(bytes.front());
    text += substitute;
    text += hex_digits[byte >> 4U];
    text += hex_digits[byte & 0xFU];
    bytes.remove_prefix(1);
  }
  return text;
}

bool is_plain_postgres_text(std::string_view text) {
  return text.find(substitute) == std::string_view::npos;
}

std::string from_postgres_text(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == substitute && at + 2 < text.size()) {
      const int high = digit_of(text[at + 1]);
      const int low = digit_of(text[at + 2]);
      if (high >= 0 && low >= 0) {
        bytes += static_cast<char>(high * 16 + low);
        at += 2;
        continue;
      }
    }
    bytes += text[at];
  }
  return bytes;
}

std::string& PostgresColumns::next() {
  std::string& array = arrays_[at_];
  if (rows_ > 0) {
    array += ',';
  }
  if (++at_ == arrays_.size()) {
    at_ = 0;
    ++rows_;
  }
  return array;
}

PostgresColumns& PostgresColumns::bind(std::int64_t value) {
  next() += std::to_string(value);
  return *this;
}

PostgresColumns& PostgresColumns::bind_count(std::uint64_t count) {
  next() += std::to_string(count);
  return *this;
}

PostgresColumns& PostgresColumns::bind(std::string_view text) {
  std::string& array = next();
  array += '"';
  for (const char c : to_postgres_text(text)) {
    if (c == '"' || c == '\\') {
      array += '\\';
    }
    array += c;
  }
  array += '"';
  return *this;
}

std::vector<std::string> PostgresColumns::take() {
  std::vector<std::string> empty(arrays_.size(), "{");
  for (std::string& array : arrays_) {
    array += '}';
  }
  rows_ = 0;
  return std::exchange(arrays_, std::move(empty));
}

}  // namespace mta_sts::tlsrpt
