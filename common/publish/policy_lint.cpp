#include "publish/policy_lint.hpp"

#include <algorithm>
#include <set>

#include "base/ascii.hpp"
#include "base/enum_names.hpp"
#include "base/number.hpp"
#include "base/sort_stably.hpp"
#include "base/utf8.hpp"
#include "idna/idna.hpp"
#include "policy/parse_policy.hpp"
#include "policy/policy_fix.hpp"
#include "publish/mx_notes.hpp"
#include "publish/placeholder.hpp"

namespace mta_sts::publish {
namespace {

struct Line {
  std::size_t number = 1;
  std::string_view text;  // without its line end
};

std::vector<Line> lines_of(std::string_view policy) {
  std::vector<Line> lines;
  std::size_t number = 0;
  while (!policy.empty()) {
    const std::size_t end = std::min(policy.find('\n'), policy.size());
    std::string_view line = policy.substr(0, end);
    policy.remove_prefix(std::min(end + 1, policy.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    lines.push_back({++number, line});
  }
  return lines;
}

/// An empty fix takes a blank line away; for any other fault it says that only the author knows the fix.
std::optional<std::string> fix_of(const PolicyError& error) {
  const bool known = !error.fixed.empty() || error.code == PolicyErrorCode::blank_line;
  return known ? std::optional(error.fixed) : std::nullopt;
}

/// An mx line with its name in A-labels, where that makes a pattern of it (R25).
std::optional<std::string> in_a_labels(std::string_view line) {
  std::string_view name = ascii::trim_blanks(line.substr(std::min(line.find(':'), line.size() - 1) + 1));
  const std::string_view wildcard = name.starts_with("*.") ? "*." : "";
  name.remove_prefix(wildcard.size());
  const auto domain = to_a_labels(name);
  if (!domain) {
    return std::nullopt;
  }
  std::string pattern = std::string(wildcard) + domain->text();
  return is_mx_pattern(pattern, Reading::strict) ? std::optional("mx: " + pattern) : std::nullopt;
}

/// The line as it is when its field's name is spelt right.
std::optional<std::string> respelt(std::string_view line) {
  const PolicyError error =
      describe_fault(PolicyErrorCode::bad_syntax, {},
                     {.text = line, .name = {}, .value = {}, .where = {}, .value_where = {}});
  return fix_of(error);
}

std::string_view value_of(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon == std::string_view::npos ? std::string_view() : ascii::trim_blanks(line.substr(colon + 1));
}

/// "<mx.acme.net>" is a host in brackets, "<your-mx-host>" is none.
bool names_host(const std::optional<std::string>& fixed) {
  return fixed && value_of(*fixed).find('.') != std::string_view::npos && !is_placeholder(value_of(*fixed));
}

std::vector<PolicyFinding> errors_of(std::string_view policy, const std::vector<Line>& lines) {
  std::vector<PolicyFinding> findings;
  for (const PolicyError& error : find_policy_errors(policy)) {
    const bool has_line = error.where.line >= 1 && error.where.line <= lines.size();
    const std::string_view line = has_line ? lines[error.where.line - 1].text : std::string_view();
    auto fixed = fix_of(error);
    if (!fixed && error.code == PolicyErrorCode::bad_mx && !line.empty()) {
      fixed = in_a_labels(line);
    }
    const bool left_in =
        error.code == PolicyErrorCode::bad_mx && has_placeholder_marks(value_of(line)) && !names_host(fixed);
    // The fix of a missing mx is an example too.
    if (left_in || error.code == PolicyErrorCode::missing_mx) {
      fixed.reset();
    }
    findings.push_back(
        {PolicySeverity::error, std::string(to_string(error.code)), error.where, rfc_section(error.code),
         left_in ? "This is the placeholder of an example: write the name of an MX host of the "
                   "domain, one line for each."
                 : error.detail,
         line, std::move(fixed)});
  }
  return findings;
}

/// One pass over the lines of a policy that has no fault.
class WarningSearch {
 public:
  explicit WarningSearch(Mode mode) : mode_(mode) {}

  void look_at(const Line& line) {
    const std::size_t colon = line.text.find(':');
    if (colon == std::string_view::npos) {
      return;
    }
    const std::string_view name = ascii::trim_blanks(line.text.substr(0, colon));
    const std::string_view value = ascii::trim_blanks(line.text.substr(colon + 1));
    const std::size_t column = static_cast<std::size_t>(value.data() - line.text.data()) + 1;
    if (name == "mx") {
      look_at_mx(line, value, column);
    } else if (!names_.insert(std::string(name)).second) {
      add(line, 1, "field-repeated", "Only the first line of this name counts: remove this one.", "");
    } else if (name == "max_age") {
      look_at_max_age(line, value, column);
    } else if (const auto meant = meant_field(line.text); !meant.empty() && meant != name) {
      add(line, 1, "field-misspelt",
          "Senders ignore a field of this name: was \"" + std::string(meant) + "\" meant?",
          respelt(line.text));
    }
  }

  /// To be called after the last line, with the patterns of all mx lines.
  void look_at_patterns(const std::vector<std::string>& patterns) {
    for (const MxNote& note : find_mx_notes(patterns)) {
      const auto& [line, column] = mx_lines_[note.index];
      findings_.push_back(
          {PolicySeverity::note,
           std::string(to_string(note.kind)),
           {line.number, column},
           "RFC 8461 section 4.1",
           patterns[note.index] + " " + describe(note) + ". " + explain(note, patterns[note.index]),
           line.text,
           lines_for(note)});
    }
    sort_stably(findings_, [](const PolicyFinding& finding) { return finding.where.line; });
  }

  [[nodiscard]] std::vector<PolicyFinding> release() { return std::move(findings_); }

 private:
  static std::optional<std::string> lines_for(const MxNote& note) {
    if (!note.patterns) {
      return std::nullopt;
    }
    std::string lines;
    for (const std::string& pattern : *note.patterns) {
      lines += (lines.empty() ? "mx: " : "\nmx: ") + pattern;
    }
    return lines;
  }

  void look_at_mx(const Line& line, std::string_view value, std::size_t column) {
    mx_lines_.emplace_back(line, column);
    if (!patterns_.insert(ascii::to_lower(value)).second) {
      add(line, column, "mx-repeated", "This pattern stands here for the second time: remove this line.", "");
    }
    if (value.starts_with("*.") && value.find('.', 2) == std::string_view::npos) {
      add(line, column, "wildcard-wide",
          "This pattern accepts every host under a top-level domain: name the mail hosts instead.",
          std::nullopt);
    }
  }

  void look_at_max_age(const Line& line, std::string_view value, std::size_t column) {
    const std::uint64_t seconds =
        text::parse_decimal(value, max_age_limit_seconds).value_or(max_age_limit_seconds);
    if (is_max_age_short(mode_, seconds)) {
      add(line, column, "max-age-short",
          "An attacker who blocks the policy host wins after max_age: with enforce give a week or more.",
          "max_age: " + std::to_string(week_seconds));
    } else if (is_max_age_long(mode_, seconds)) {
      add(line, column, "max-age-long",
          "While testing, a short max_age lets a correction reach senders sooner: give a day.",
          "max_age: 86400");
    }
  }

  void add(const Line& line, std::size_t column, std::string_view word, std::string detail,
           std::optional<std::string> fixed) {
    findings_.push_back({PolicySeverity::warning,
                         std::string(word),
                         {line.number, column},
                         "RFC 8461 section 3.2",
                         std::move(detail),
                         line.text,
                         std::move(fixed)});
  }

  Mode mode_;
  std::set<std::string> names_;
  std::set<std::string> patterns_;
  std::vector<std::pair<Line, std::size_t>> mx_lines_;  // with the column of the pattern
  std::vector<PolicyFinding> findings_;
};

}  // namespace

std::string_view to_string(PolicySeverity severity) {
  using enum PolicySeverity;
  static constexpr auto words = enum_names<PolicySeverity>({
      {error, "error"},
      {warning, "warning"},
      {note, "note"},
  });
  return words[severity];
}

std::vector<PolicyFinding> lint_policy(std::string_view policy) {
  const std::vector<Line> lines = lines_of(policy);
  std::vector<PolicyFinding> errors = errors_of(policy, lines);
  if (!errors.empty()) {
    return errors;
  }
  const auto parsed = parse_policy(policy, Reading::strict);
  WarningSearch search(parsed ? parsed->mode : Mode::none);
  for (const Line& line : lines) {
    search.look_at(line);
  }
  if (parsed && parsed->mode != Mode::none) {
    search.look_at_patterns(parsed->mx);
  }
  return search.release();
}

}  // namespace mta_sts::publish
