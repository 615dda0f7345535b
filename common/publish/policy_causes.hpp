#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "publish/policy_finding.hpp"

namespace mta_sts::publish {

/// What may be wrong with a policy file as a whole, so that one sentence tells more than a fault in each
/// line.
enum class PolicyCause : std::uint8_t {
  utf16,         ///< two bytes a character, or other binary data
  rtf,           ///< saved by a word processor
  html,          ///< a web page
  json,          ///< an object or list
  txt_record,    ///< the record of the DNS, not the policy
  no_policy,     ///< nothing of a policy in it
  front_matter,  ///< the source of a page, for Jekyll or Hugo
  line_endings,  ///< CR alone ends a line
  remarks,       ///< # or //
  one_line,      ///< several fields on a line
  yaml_list,     ///< hosts as items below "mx:"
  indented,      ///< blanks before the fields
  two_policies,  ///< one behind the other
};

/// Gives the word of docs/errors.md.
[[nodiscard]] std::string_view to_string(PolicyCause cause);

/// A line of the file as it reads without the causes that were found.
struct PolicyTextLine {
  std::size_t number = 1;     ///< of the line in the file
  std::string_view original;  ///< the line in the file, without its end
  std::string text;
  std::ptrdiff_t shift = 0;  ///< column in `original` minus column in `text`
  bool is_part = false;      ///< made of a part of a line, or of several: no mend of its own
};

/// What was found, and the lines as they are meant.
struct PolicyText {
  std::vector<PolicyFinding> causes;
  std::vector<PolicyTextLine> lines;  ///< empty where nothing else is to be said of the file
  bool has_two = false;               ///< two policies: the fields of both are there
};

/// Splits a policy file into its lines, which end with LF, CRLF or a CR alone.
[[nodiscard]] std::vector<PolicyTextLine> lines_of(std::string_view policy);

/// Looks for the causes, and undoes those that can be undone. At most policy_limit_bytes; `policy` must
/// outlive what is given.
[[nodiscard]] PolicyText find_policy_causes(std::string_view policy);

}  // namespace mta_sts::publish
