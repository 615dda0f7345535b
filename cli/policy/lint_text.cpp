#include "cli/policy/lint_text.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace mta_sts::cli {
namespace {

/// The part of a line that is shown around the fault, so that one long line does not fill the screen.
constexpr std::size_t shown_before = 60;
constexpr std::size_t shown_after = 40;

std::size_t characters_of(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void add_line_at_fault(const publish::PolicyFinding& finding, const Paint& paint,
                       std::vector<std::string>& lines) {
  const std::size_t at = std::min(finding.where.column - 1, finding.line.size());
  const std::size_t begin = at > shown_before ? at - shown_before : 0;
  const std::string before = text::escape_for_display(finding.line.substr(begin, at - begin));
  const std::string after = text::escape_for_display(finding.line.substr(at), shown_after);
  lines.push_back("    " + before + after);
  lines.push_back("    " + std::string(characters_of(before), ' ') + paint(TextRole::good, "^"));
}

std::string place_of(const publish::PolicyMend& mend) {
  const std::string first = std::to_string(mend.line);
  if (mend.action == publish::MendAction::insert) {
    return "as line " + first;
  }
  return mend.count == 1 ? "line " + first
                         : "lines " + first + " to " + std::to_string(mend.line + mend.count - 1);
}

/// "fix (replace line 2): mode: enforce"; more lines than one stand below it.
void add_mend(const publish::PolicyMend& mend, const Paint& paint, std::vector<std::string>& lines) {
  const std::string head = std::string(mend.is_advice ? "    advice (" : "    fix (") +
                           std::string(to_string(mend.action)) + " " + place_of(mend) + ")";
  if (mend.action == publish::MendAction::remove) {
    lines.push_back(head);
  } else if (mend.text.find('\n') == std::string::npos) {
    lines.push_back(head + ": " + paint(TextRole::heading, mend.text));
  } else {
    lines.push_back(head + ":");
    for (std::string_view rest = mend.text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      lines.push_back("      " + paint(TextRole::heading, rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

TextRole role_of(publish::PolicySeverity severity) {
  switch (severity) {
    case publish::PolicySeverity::error:
      return TextRole::error;
    case publish::PolicySeverity::warning:
      return TextRole::warning;
    case publish::PolicySeverity::note:
      break;
  }
  return TextRole::heading;
}

}  // namespace

std::vector<std::string> render_finding(const std::string& name, const publish::PolicyFinding& finding,
                                        const Paint& paint) {
  const std::string place = finding.is_of_file ? std::string()
                                               : ":" + std::to_string(finding.where.line) + ":" +
                                                     std::to_string(finding.where.column);
  std::vector<std::string> lines{
      name + place + ": " + paint(role_of(finding.severity), to_string(finding.severity)) + ": " +
      finding.word + ": " + finding.detail + " (" + std::string(finding.source) + ")"};
  if (!finding.line.empty()) {
    add_line_at_fault(finding, paint, lines);
  }
  if (finding.mend) {
    add_mend(*finding.mend, paint, lines);
  }
  return lines;
}

std::vector<std::string> render_difference(const std::vector<publish::DifferenceLine>& difference,
                                           const Paint& paint) {
  std::vector<std::string> lines;
  for (const publish::DifferenceLine& line : difference) {
    const std::string shown = std::to_string(line.number) + ": " + text::escape_for_display(line.text);
    lines.push_back("  " +
                    (line.is_new ? paint(TextRole::good, "+" + shown) : paint(TextRole::error, "-" + shown)));
  }
  return lines;
}

}  // namespace mta_sts::cli
