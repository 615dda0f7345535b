#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/cursor.hpp"

namespace mta_sts::publish {

/// error: senders refuse it, or some may; warning: allowed but unwise; note: what may be meant so, and only
/// the domain's administrator can tell.
enum class PolicySeverity : std::uint8_t { error, warning, note };

[[nodiscard]] std::string_view to_string(PolicySeverity severity);

/// What to do with the lines that a mend is about.
enum class MendAction : std::uint8_t {
  insert,   ///< the text comes in before the line
  replace,  ///< the text comes in place of the lines
  remove,   ///< the lines go; its word is "delete"
};

[[nodiscard]] std::string_view to_string(MendAction action);

/// One change of a policy file, of whole lines that stand together.
struct PolicyMend {
  MendAction action = MendAction::replace;
  std::size_t line =
      1;  ///< the first of them, from 1; with insert, the number that the text's first line gets
  std::size_t count = 1;  ///< how many lines; 0 with insert
  std::string text;       ///< printable ASCII, LF between lines; empty with remove
  /// Whether the policy means something else afterwards, so that a person must choose it: the hosts of a mail
  /// provider, for example. Every other mend keeps what was meant.
  bool is_advice = false;
};

/// One thing that is wrong or unwise in a policy file.
struct PolicyFinding {
  PolicySeverity severity = PolicySeverity::error;
  std::string word;                  ///< kebab-case, of docs/errors.md
  text::Position where;              ///< line and column in bytes, from 1
  bool is_of_file = false;           ///< whether it is of the whole file, and `where` means nothing
  std::string_view source;           ///< where the rule stands, e.g. "RFC 8461 section 3.2"
  std::string detail;                ///< one sentence, safe to show
  std::string_view line;             ///< the line at fault as it stands, a view into the policy
  std::optional<PolicyMend> mend{};  ///< nothing where what was meant is not clear
  bool needs_author = false;         ///< no file with it is mended: a placeholder, two values for one field
};

}  // namespace mta_sts::publish
