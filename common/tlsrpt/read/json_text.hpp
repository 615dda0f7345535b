#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tlsrpt/model/words.hpp"

namespace mta_sts::tlsrpt {

/// What became of the text that some bytes begin with.
struct TakenText {
  std::size_t length = 0;          ///< where it ends; of a broken one, where its brackets end
  std::optional<Problem> problem;  ///< why it is none
};

/// Takes the JSON text that its argument begins with; told the rest behind it next.
using TakeText = std::function<TakenText(std::string_view text)>;

/// Calls `take` for each JSON text in the bytes, as strict UTF-8: the byte order mark goes, bytes that are
/// not UTF-8 become U+FFFD. Texts may have commas, record separators (RFC 7464) and the like between them,
/// and what is broken is told with its line and left: the next line that begins like a text goes on, and so
/// do the elements of an array that is cut. What is wrong goes to `findings` (empty, encoding, json,
/// not_report, and those of `take`), quirks too (array, bom, utf8, trailing).
void split_json(std::string_view bytes, Findings& findings, const TakeText& take);

/// Makes U+FFFD of each escape in a JSON text that is half a surrogate pair. Tells whether there was one.
[[nodiscard]] bool mend_lone_surrogates(std::string& text);

/// Gives where the brackets of a JSON text end; npos where they do not.
[[nodiscard]] std::size_t end_of_brackets(std::string_view text);

/// Tells whether the text begins as a JSON object or array does, white space and a byte order mark set aside.
[[nodiscard]] bool looks_like_json(std::string_view bytes);

/// Tells whether the bytes are UTF-16 or UTF-32: a mark of it, or zeros where JSON's first characters would
/// be.
[[nodiscard]] bool looks_like_wide_text(std::string_view bytes);

}  // namespace mta_sts::tlsrpt
