#pragma once

#include <string>
#include <string_view>

/// The pieces that the page of `mta-sts check` is made of. `inner` is HTML.
namespace mta_sts::check::markup {

/// Makes foreign text, or at most about 600 bytes of it, safe to stand in HTML.
[[nodiscard]] std::string escaped(std::string_view foreign);

/// Gives an element with one class, or without where `kind` is empty.
[[nodiscard]] std::string element(std::string_view name, std::string_view kind, const std::string& inner);

/// Gives a term of a list and what is said of it; nothing where `inner` is empty.
[[nodiscard]] std::string described(std::string_view term, const std::string& inner);

/// Gives text as code; nothing where `inner` is empty.
[[nodiscard]] std::string code(const std::string& inner);

/// Gives a table whose cells stand below each other on a phone; `columns` are plain text, `rows`
/// HTML.
[[nodiscard]] std::string table(std::initializer_list<std::string_view> columns, const std::string& rows);

}  // namespace mta_sts::check::markup
