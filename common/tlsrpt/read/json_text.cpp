#include "tlsrpt/read/json_text.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::string_view skip_space(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && ascii::is_space(text[at])) {
    ++at;
  }
  return text.substr(at);
}

std::size_t continuation_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t wanted = lead >= 0xF0 && lead <= 0xF4 ? 3 : lead >= 0xE0 && lead < 0xF0 ? 2 : 0;
  std::size_t length = 0;
  while (length + 1 < wanted && at + 1 + length < text.size()) {
    const auto c = static_cast<unsigned char>(text[at + 1 + length]);
    // The second byte's range depends on the first: overlong forms, surrogates, over U+10FFFF. RFC 3629
    // section 4.
    const unsigned char least = length > 0 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = length > 0 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (c < least || c > most) {
      break;
    }
    ++length;
  }
  return length;
}

// One U+FFFD for each longest piece that could have begun a character, as every browser does.
std::string repair_utf8(std::string_view text, std::size_t at) {
  std::string repaired(text.substr(0, at));
  while (at < text.size()) {
    if (const auto character = text::decode_utf8(text.substr(at))) {
      repaired += text.substr(at, character->length);
      at += character->length;
    } else {
      repaired += replacement;
      at += 1 + continuation_length(text, at);
    }
  }
  return repaired;
}

// The unit of UTF-16 that the escape \\uXXXX at the text's begin stands for; none where it is no such escape.
std::optional<std::uint16_t> escaped_unit(std::string_view text) {
  std::uint16_t unit = 0;
  if (text.size() < 6 || !text.starts_with("\\u")) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc() && end == text.data() + 6 ? std::optional(unit) : std::nullopt;
}

constexpr bool is_surrogate(std::optional<std::uint16_t> unit, std::uint16_t first) {
  return unit && (*unit & 0xFC00) == first;
}

// Bytes of ASCII come in long runs: eight at a time.
std::size_t ascii_length(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, 8);
    if ((bytes & 0x8080808080808080U) != 0) {
      break;
    }
  }
  return at;
}

void split_texts(std::string_view rest, Findings& findings, const TakeText& take) {
  do {
    rest = skip_space(rest.substr(take(rest)));
  } while (rest.starts_with('{') || rest.starts_with('['));
  if (!rest.empty()) {
    findings.quirks.add(Quirk::trailing);
  }
}

}  // namespace

bool mend_lone_surrogates(std::string& text) {
  bool has_mended = false;
  std::size_t at = text.find('\\');
  while (at != std::string::npos) {
    const auto unit = escaped_unit(std::string_view(text).substr(at));
    std::size_t length = unit ? 6 : 2;
    const bool is_high = is_surrogate(unit, 0xD800);
    if (is_high && is_surrogate(escaped_unit(std::string_view(text).substr(at + 6)), 0xDC00)) {
      length = 12;
    } else if (is_high || is_surrogate(unit, 0xDC00)) {
      text.replace(at + 2, 4, "FFFD");
      has_mended = true;
    }
    at = text.find('\\', at + length);
  }
  return has_mended;
}

bool looks_like_json(std::string_view bytes) {
  if (bytes.starts_with(byte_order_mark)) {
    bytes.remove_prefix(byte_order_mark.size());
  }
  const std::string_view text = skip_space(bytes);
  return text.starts_with('{') || text.starts_with('[');
}

bool looks_like_wide_text(std::string_view bytes) {
  const bool has_mark = bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
  const bool is_little = bytes.size() >= 2 && (bytes[0] == '{' || bytes[0] == '[') && bytes[1] == '\0';
  const std::string_view front = bytes.substr(0, 4);
  const std::size_t zeros = front.find_first_not_of('\0');
  const bool is_big = (zeros == 1 || zeros == 3) && (front[zeros] == '{' || front[zeros] == '[');
  return has_mark || is_little || is_big;
}

void split_json(std::string_view bytes, Findings& findings, const TakeText& take) {
  if (looks_like_wide_text(bytes)) {
    findings.fail(ReadError::encoding, "the text is UTF-16 or UTF-32: convert it to UTF-8 (iconv)");
    return;
  }
  if (bytes.starts_with(byte_order_mark)) {
    findings.quirks.add(Quirk::bom);
    bytes.remove_prefix(byte_order_mark.size());
  }
  const std::string_view text = skip_space(bytes);
  if (text.empty()) {
    findings.fail(ReadError::empty, "there is nothing in it");
    return;
  }
  if (text.front() != '{' && text.front() != '[') {
    findings.fail(ReadError::not_report, "the text is no JSON object or array");
    return;
  }
  const std::size_t plain = ascii_length(text);
  if (const auto invalid = text::find_invalid_utf8(text.substr(plain))) {
    findings.quirks.add(Quirk::utf8);
    split_texts(repair_utf8(text, plain + *invalid), findings, take);
  } else {
    split_texts(text, findings, take);
  }
}

}  // namespace mta_sts::tlsrpt
