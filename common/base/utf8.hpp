#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::text {

/// One decoded character and the number of bytes it took.
struct Utf8Character {
  char32_t code_point = 0;
  std::size_t length = 0;
};

/// Decodes the first character of `text`; nothing where its bytes are not UTF-8: overlong forms,
/// surrogates and code points over U+10FFFF are refused. RFC 3629 section 4.
[[nodiscard]] std::optional<Utf8Character> decode_utf8(std::string_view text);

/// Gives the offset of the first byte that is not UTF-8, or nothing where all of it is.
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// Makes foreign text safe to show on a terminal or in a log line: controls (C0, DEL, C1), line and
/// paragraph separators, bidirectional overrides, zero-width characters and bytes that are not UTF-8
/// become \xNN or \u{NNNN}; a backslash is doubled. At most `limit_bytes` of `text` are shown, then "...".
[[nodiscard]] std::string escape_for_display(std::string_view text, std::size_t limit_bytes = 1024);

/// Gives foreign text safe to show and in double quotes, for a sentence.
[[nodiscard]] std::string quote_for_display(std::string_view text, std::size_t limit_bytes = 80);

}  // namespace mta_sts::text
