#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"

namespace mta_sts::publish {

/// Why directive words are refused. The host stops its start with file and line, this word and `detail`.
enum class DirectiveErrorCode : std::uint8_t {
  no_words,
  unknown_word,
  missing_mode,      ///< no enforce, testing or none, and none of file=, store= and off
  repeated_word,     ///< a second mode, max_age, serial, file, store or off
  conflicting_word,  ///< file=, store= or off beside words that say something else
  missing_mx,        ///< enforce or testing without mx=
  bad_mx,
  bad_max_age,
  bad_serial,
  empty_value,
  bad_path,   ///< a path of file= or store= with a NUL or a variable
  too_large,  ///< the rendered policy is over 64 KiB
};

[[nodiscard]] std::string_view to_string(DirectiveErrorCode code);

struct DirectiveError {
  DirectiveErrorCode code = DirectiveErrorCode::no_words;
  std::string word;    ///< the word at fault, safe to show; empty where none is
  std::string detail;  ///< what is allowed there
};

/// Gives one line for a host's log: the kebab-case word, the word at fault in quotes, what is allowed.
[[nodiscard]] std::string to_message(const DirectiveError& error);

enum class DirectiveKind : std::uint8_t { inline_policy, file, store, off };

/// What one `mta_sts …;` or `MtaSts …` line says.
struct Directive {
  DirectiveKind kind = DirectiveKind::off;
  Policy policy;                      ///< with inline_policy: complete, mx merged and in A-labels
  std::uint32_t serial = 0;           ///< operator's generation word (position P27); with file too
  std::string path;                   ///< with file and store: as written, the host makes it absolute
  std::vector<std::string> warnings;  ///< sentences for the host's log; nothing is refused for them
};

/// Default max_age: a day for testing and none, two weeks for enforce.
inline constexpr std::uint64_t default_max_age_seconds = 86400;
inline constexpr std::uint64_t default_max_age_enforce_seconds = 1209600;

/// Which words an error offers: whoever calls may take fewer than a web server does.
enum class OfferedWords : std::uint8_t {
  all,             ///< those of a web server
  policy_or_file,  ///< neither store= nor off
  policy,          ///< nor file=
};

/// Reads the words of a directive, the same for every server and for `mta-sts render`:
/// `enforce|testing|none mx=PATTERN… [max_age=SECONDS|Nd|Nw] [serial=N]`, `file=PATH [serial=N]`,
/// `store=PATH` or `off`.
/// Words are any bytes; each error names the word and what is allowed, as far as it is offered. U-labels of
/// an mx become A-labels; equal mx words are merged.
[[nodiscard]] std::expected<Directive, DirectiveError> parse_directive(
    std::span<const std::string_view> words, OfferedWords offered = OfferedWords::all);

}  // namespace mta_sts::publish
