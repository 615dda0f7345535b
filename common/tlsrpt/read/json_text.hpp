#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tlsrpt/model/words.hpp"

namespace mta_sts::tlsrpt {

/// Takes the JSON text that its argument begins with and tells its length; told the rest behind it next.
using TakeText = std::function<std::size_t(std::string_view rest)>;

/// Calls `take` for each JSON text in the bytes, as strict UTF-8: the byte order mark goes, bytes that are
/// not UTF-8 become U+FFFD. What is wrong goes to `findings` (empty, encoding, not_report), quirks too (bom,
/// utf8, trailing).
void split_json(std::string_view bytes, Findings& findings, const TakeText& take);

/// Makes U+FFFD of each escape in a JSON text that is half a surrogate pair. Tells whether there was one.
[[nodiscard]] bool mend_lone_surrogates(std::string& text);

/// Tells whether the text begins as a JSON object or array does, white space and a byte order mark set aside.
[[nodiscard]] bool looks_like_json(std::string_view bytes);

/// Tells whether the bytes are UTF-16 or UTF-32: a mark of it, or zeros where JSON's first characters would
/// be.
[[nodiscard]] bool looks_like_wide_text(std::string_view bytes);

}  // namespace mta_sts::tlsrpt
