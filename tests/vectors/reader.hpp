#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "vectors/area.hpp"

namespace mta_sts::vectors {

// The readers of a line's values. Each throws BadVector, with `what` or the key in its text, where the value
// is not of the form that the area has.

/// Checks that `object` is one, with no key but these.
void expect_keys(const Json& object, std::initializer_list<std::string_view> known);

/// Gives the value of a key that must be there.
[[nodiscard]] const Json& member(const Json& object, std::string_view key);

[[nodiscard]] std::string text_of(const Json& value, std::string_view what);
[[nodiscard]] bool bool_of(const Json& value, std::string_view what);
[[nodiscard]] const Json& list_of(const Json& value, std::string_view what);

/// Gives a word that must be one of these.
[[nodiscard]] std::string word_of(const Json& value, std::string_view what,
                                  std::initializer_list<std::string_view> known);

/// Gives the bytes of a text, or of an object of `hex` with `text` as a rendering of it.
[[nodiscard]] std::string bytes_of(const Json& value, std::string_view what);

/// Gives the bytes of hex digits.
[[nodiscard]] std::string bytes_of_hex(std::string_view hex);

[[nodiscard]] std::vector<std::string> texts_of(const Json& value, std::string_view what);
[[nodiscard]] std::vector<std::string> byte_lists_of(const Json& value, std::string_view what);
[[nodiscard]] std::vector<std::string_view> views_of(const std::vector<std::string>& texts);

/// Tells whether `came` has every key of `expect` with the same value: what a line does not say is not
/// compared.
[[nodiscard]] Outcome compare_given(const Json& expect, Json came);

}  // namespace mta_sts::vectors
