#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mta_sts {

/// Who can fix what an error word names.
enum class Actor : std::uint8_t {
  nobody,         ///< there is nothing to fix
  administrator,  ///< of this host
  postmaster,     ///< of the domain that receives the mail
  user,           ///< whoever gave the command, or the address
};

/// One error word: the same in logs, metrics, JSON and docs/errors.md. The texts stand alone.
struct ErrorEntry {
  std::string_view word;     ///< kebab-case
  std::string_view meaning;  ///< what happened, a sentence without its full stop
  std::string_view fix;      ///< what the actor does, a sentence without its full stop
  Actor actor = Actor::administrator;
};

/// The words of one place where errors are met. A word that is met in several places stands in each of them.
struct ErrorSection {
  std::string_view title;
  std::string_view introduction;  ///< Markdown
  std::span<const ErrorEntry> entries;
  /// Of the command, where all of these words end it with the same one.
  std::optional<int> exit_code = {};
};

/// Gives all sections in the order of docs/errors.md.
[[nodiscard]] std::span<const ErrorSection* const> error_sections();

/// Finds the first entry of a word; nothing for a word that there is not.
[[nodiscard]] const ErrorEntry* find_error(std::string_view word);

/// Gives "nobody", "the administrator", "the domain's postmaster", "you".
[[nodiscard]] std::string_view to_string(Actor actor);

/// Gives what to do and who does it, to show behind a meaning: "fix (the administrator): restart the
/// resolver".
[[nodiscard]] std::string fix_of(const ErrorEntry& entry);

/// Gives docs/errors.md.
[[nodiscard]] std::string render_error_page();

}  // namespace mta_sts
