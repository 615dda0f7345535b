#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::imap {

/// One response of a server: its lines joined by LF, which stands where each literal was.
struct Response {
  std::string text;
  std::vector<std::string> literals;
};

/// Gives the length of the literal that a line announces with its end, "{5}"; nothing where it announces
/// none, and nothing that fits for one over 10 digits. RFC 3501 section 4.3.
[[nodiscard]] std::optional<std::uint64_t> announced_literal(std::string_view line);

/// How a command ended, or what a response that answers none says ("* OK …").
struct Status {
  enum class Kind : std::uint8_t { ok, no, bad, bye };
  Kind kind = Kind::ok;
  std::string code;  ///< the word in brackets, in small letters; empty: none
  std::string arguments;
  std::string text;  ///< as the server wrote it: hostile
};

/// Reads what follows the tag, or "* ". Nothing where it is none. RFC 3501 section 7.1.
[[nodiscard]] std::optional<Status> parse_status(std::string_view text);

/// What a FETCH response tells of one mail.
struct Fetched {
  std::uint32_t uid = 0;
  std::optional<std::uint64_t> size;
  std::optional<std::string> body;
  bool is_without_body = false;  ///< the server has none: NIL
};

/// Reads "* 12 FETCH (…)" and takes the bytes of the mail out of it. Nothing where it is no such response, or
/// a broken one. RFC 3501 section 7.4.2.
[[nodiscard]] std::optional<Fetched> take_fetched(Response& response);

/// Tells whether it is "* 12 FETCH …", whole or broken.
[[nodiscard]] bool is_fetch(std::string_view text);

/// Reads "* SEARCH 2 3 5"; nothing where it is broken. RFC 3501 section 7.2.5.
[[nodiscard]] std::optional<std::vector<std::uint32_t>> parse_search(std::string_view text);

/// Reads "* 12 EXISTS" where `name` is EXISTS, and others of that form; nothing for anything else.
[[nodiscard]] std::optional<std::uint32_t> parse_numbered(std::string_view text, std::string_view name);

/// Writes numbers, ascending, as a set: "1:3,5". RFC 3501 section 9.
[[nodiscard]] std::string render_set(const std::vector<std::uint32_t>& numbers);

/// Writes text as a quoted string. It must be printable ASCII.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace mta_sts::imap
