#pragma once

#include <functional>
#include <string_view>

#include "tlsrpt/words.hpp"

namespace mta_sts::tlsrpt {

/// Cuts octets into JSON texts and makes each fit for a strict parser: the byte order mark goes, octets that
/// are not UTF-8 and lone surrogates become U+FFFD, numbers beyond any double become one beyond any count;
/// nesting is bounded. Calls `accept(text)` for each; what is wrong goes to `findings` (empty, encoding,
/// not_report, json, depth) and quirks too (bom, utf8, trailing). RFC 8259.
void split_json(std::string_view bytes, Findings& findings,
                const std::function<void(std::string_view)>& accept);

/// Tells whether the text begins as a JSON object or array does, white space and a byte order mark set aside.
[[nodiscard]] bool looks_like_json(std::string_view bytes);

/// Tells whether the octets are UTF-16 or UTF-32: a mark of it, or zeros where JSON's first characters would
/// be.
[[nodiscard]] bool looks_like_wide_text(std::string_view bytes);

}  // namespace mta_sts::tlsrpt
