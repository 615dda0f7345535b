#include "publish/policy_lint.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/ascii.hpp"
#include "base/sort_stably.hpp"
#include "base/utf8.hpp"
#include "idna/idna.hpp"
#include "policy/byte_order_mark.hpp"
#include "policy/meant_field.hpp"
#include "policy/meant_value.hpp"
#include "policy/parse_policy.hpp"
#include "publish/placeholder.hpp"
#include "publish/policy_causes.hpp"
#include "publish/policy_warnings.hpp"

namespace mta_sts::publish {
namespace {

using Code = PolicyErrorCode;
using Lines = std::vector<PolicyTextLine>;

/// An mx line with its name in A-labels, where that makes a pattern of it (R25).
std::optional<std::string> in_a_labels(std::string_view name) {
  const std::string_view wildcard = name.starts_with("*.") ? "*." : "";
  name.remove_prefix(wildcard.size());
  if (mixes_alphabets(name)) {
    return std::nullopt;
  }
  const auto domain = to_a_labels(name);
  if (!domain) {
    return std::nullopt;
  }
  std::string pattern = std::string(wildcard) + domain->text();
  return is_mx_pattern(pattern, Reading::strict) ? std::optional("mx: " + pattern) : std::nullopt;
}

/// "<mx.acme.net>" is a host in brackets, "<your-mx-host>" is none.
bool names_host(const std::optional<std::string>& fixed) {
  return fixed && !is_placeholder(read_loosely(*fixed).value);
}

bool is_blank_line(const PolicyTextLine& line) {
  return ascii::trim_blanks(line.text).empty();
}

bool holds_ignoring_case(const PolicyTextLine& line, std::string_view lower_word) {
  return ascii::to_lower(line.original).find(lower_word) != std::string::npos;
}

class ErrorSearch {
 public:
  explicit ErrorSearch(Lines& lines) : lines_(lines), mended_(lines.size()) {}

  std::vector<PolicyFinding> run() {
    std::string text;
    for (const PolicyTextLine& line : lines_) {
      text += line.text + "\n";
    }
    std::vector<PolicyFinding> findings;
    for (PolicyError& error : find_policy_errors(text)) {
      findings.push_back(finding_of(std::move(error)));
    }
    return findings;
  }

  /// Puts what the mends write in the place of the lines, for those who look at their values.
  void mend_lines() {
    Lines out;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (!mended_[i]) {
        out.push_back(std::move(lines_[i]));
        continue;
      }
      for (std::string_view rest = *mended_[i]; !rest.empty();) {
        const std::string_view text = rest.substr(0, rest.find('\n'));
        out.push_back(lines_[i]);
        out.back().text = text;
        out.back().is_part = lines_[i].is_part || text.size() < mended_[i]->size();
        rest.remove_prefix(std::min(text.size() + 1, rest.size()));
      }
    }
    lines_ = std::move(out);
  }

 private:
  PolicyFinding finding_of(PolicyError error) {
    PolicyFinding finding{.severity = PolicySeverity::error,
                          .word = std::string(to_string(error.code)),
                          .where = error.where,
                          .is_of_file = is_of_whole_body(error.code),
                          .source = rfc_section(error.code),
                          .detail = std::move(error.detail),
                          .line = {},
                          .mend = {},
                          .needs_author = false};
    const std::size_t index = error.where.line - 1;
    if (finding.is_of_file) {
      finding.mend = error.code == Code::bom ? without_mark() : insertion(error);
      return finding;
    }
    const PolicyTextLine& line = lines_[index];
    finding.line = line.original;
    finding.where.line = line.number;
    const auto column = static_cast<std::ptrdiff_t>(error.where.column) + line.shift;
    finding.where.column = static_cast<std::size_t>(std::max<std::ptrdiff_t>(column, 1));
    if (error.code == Code::bad_mx || error.code == Code::bad_syntax) {
      look_at_name(error, line, finding);
    }
    if (!mended_[index]) {
      mended_[index] = error.fixed;
    }
    if (error.fixed && !line.is_part) {
      finding.mend = PolicyMend{.action = error.fixed->empty() ? MendAction::remove : MendAction::replace,
                                .line = line.number,
                                .count = error.code == Code::blank_line ? blanks_from(index) : 1,
                                .text = *error.fixed,
                                .is_advice = false};
    }
    return finding;
  }

  static void look_at_name(PolicyError& error, const PolicyTextLine& line, PolicyFinding& finding) {
    const auto [name, value] = read_loosely(line.text);
    if (near_field(name) != "mx") {
      return;
    }
    if (!error.fixed) {
      error.fixed = in_a_labels(value);
    }
    if (!error.fixed && mixes_alphabets(value)) {
      finding.detail = "invalid mx " + text::quote_for_display(value) +
                       ": a label mixes Latin letters with Greek or Cyrillic ones, which look like them: "
                       "type the name anew.";
    }
    if (has_placeholder_marks(value) && !names_host(error.fixed)) {
      error.fixed.reset();
      finding.detail = placeholder_sentence;
    }
  }

  [[nodiscard]] std::size_t blanks_from(std::size_t index) const {
    std::size_t count = 0;
    while (index + count < lines_.size() && is_blank_line(lines_[index + count])) {
      ++count;
    }
    return count;
  }

  std::optional<PolicyMend> without_mark() {
    std::string text = lines_.front().text.substr(byte_order_mark.size());
    if (!std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) {
      return std::nullopt;
    }
    lines_.front().text = text;
    return PolicyMend{.action = text.empty() ? MendAction::remove : MendAction::replace,
                      .line = lines_.front().number,
                      .count = 1,
                      .text = std::move(text),
                      .is_advice = false};
  }

  /// The line for a field that is missing: in the order of the RFC's examples.
  [[nodiscard]] std::optional<PolicyMend> insertion(const PolicyError& error) const {
    if (!error.fixed || may_stand_elsewhere(error.code)) {
      return std::nullopt;
    }
    std::string text = *error.fixed;
    std::size_t before = lines_.front().number;
    if (error.code == Code::missing_mode) {
      const auto version = find_field("version");
      before = version == lines_.end() ? before : version->number + 1;
    } else if (error.code == Code::missing_max_age) {
      const auto last = std::find_if_not(lines_.rbegin(), lines_.rend(), is_blank_line);
      before = last->number + 1;
      const auto mode = find_field("mode");
      if (mode != lines_.end() && read_meant_mode(read_loosely(mode->text).value) == Mode::enforce) {
        text = "max_age: 1209600";
      }
    }
    return PolicyMend{.action = MendAction::insert,
                      .line = before,
                      .count = 0,
                      .text = std::move(text),
                      .is_advice = false};
  }

  [[nodiscard]] Lines::const_iterator find_field(std::string_view field) const {
    return std::ranges::find_if(std::as_const(lines_),
                                [&](const PolicyTextLine& line) { return meant_field(line.text) == field; });
  }

  /// Whether another line may say what the missing one should: a mend must not say less.
  [[nodiscard]] bool may_stand_elsewhere(Code code) const {
    return std::ranges::any_of(lines_, [&](const PolicyTextLine& line) {
      const auto [name, value] = read_loosely(line.text);
      if (code == Code::missing_mode) {
        return holds_ignoring_case(line, "enforc") || (near_field(name).empty() && read_meant_mode(value));
      }
      return code == Code::missing_max_age &&
             (holds_ignoring_case(line, "age") || (near_field(name).empty() && read_meant_max_age(value)));
    });
  }

  Lines& lines_;
  std::vector<std::optional<std::string>> mended_;  // what should stand in place of each line
};

void append(std::vector<PolicyFinding>& to, std::vector<PolicyFinding> from) {
  std::ranges::move(from, std::back_inserter(to));
}

/// RFC 8461 section 3.2 lets the last line have no end. Where a file was cut, it has none either.
PolicyFinding note_of_missing_end(const PolicyTextLine& last) {
  return {
      .severity = PolicySeverity::note,
      .word = "no-last-line-end",
      .where = {last.number, last.original.size() + 1},
      .is_of_file = false,
      .source = "RFC 8461 section 3.2",
      .detail = "The last line has no line end, as where a file was cut: check its value, and end the line.",
      .line = last.original,
      .mend = {},
      .needs_author = false};
}

/// Whether every line of the file is at fault for one cause.
bool is_wholly_at_fault(const std::vector<PolicyFinding>& findings) {
  return std::ranges::any_of(findings, [](const PolicyFinding& finding) {
    return finding.word == to_string(PolicyCause::indented) ||
           finding.word == to_string(PolicyCause::front_matter) ||
           finding.word == to_string(PolicyCause::line_endings);
  });
}

}  // namespace

std::vector<PolicyFinding> lint_policy(std::string_view policy) {
  if (policy.size() > policy_limit_bytes) {
    const PolicyError error = parse_policy(policy, Reading::strict).error();
    return {{.severity = PolicySeverity::error,
             .word = std::string(to_string(error.code)),
             .where = error.where,
             .is_of_file = true,
             .source = rfc_section(error.code),
             .detail = error.detail,
             .line = {},
             .mend = {},
             .needs_author = false}};
  }
  auto [findings, lines, has_two] = find_policy_causes(policy);
  if (lines.empty() && !findings.empty()) {
    return findings;
  }
  if (has_two) {  // the rest would be about a mixture of both
    std::vector<PolicyFinding> warnings = find_policy_warnings(lines);
    std::erase_if(warnings, [](const PolicyFinding& finding) { return finding.word != "mx-placeholder"; });
    append(findings, std::move(warnings));
    return findings;
  }
  const std::optional<PolicyTextLine> unended =
      lines.empty() || policy.ends_with('\n') || policy.ends_with('\r') ? std::nullopt
                                                                        : std::optional(lines.back());
  ErrorSearch errors(lines);
  append(findings, errors.run());
  errors.mend_lines();
  std::vector<PolicyFinding> warnings = find_policy_warnings(lines);
  if (is_wholly_at_fault(findings)) {  // they come to light once that is mended
    std::erase_if(warnings, [](const PolicyFinding& finding) { return !finding.needs_author; });
  }
  append(findings, std::move(warnings));
  if (unended && !unended->is_part && !is_wholly_at_fault(findings)) {
    findings.push_back(note_of_missing_end(*unended));
  }
  sort_stably(findings,
              [](const PolicyFinding& finding) { return finding.is_of_file ? 0 : finding.where.line; });
  return findings;
}

}  // namespace mta_sts::publish
