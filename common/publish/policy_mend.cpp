#include "publish/policy_mend.hpp"

#include <algorithm>
#include <optional>

#include "base/sort_stably.hpp"
#include "policy/policy.hpp"
#include "publish/policy_causes.hpp"
#include "publish/policy_lint.hpp"

namespace mta_sts::publish {
namespace {

// A line of the file on its way to be mended.
struct Line {
  std::optional<std::size_t> number;  // in the old file, where it stands there as it is
  std::string text;
};

std::string_view line_end_of(std::string_view policy) {
  const std::size_t end = policy.find_first_of("\r\n");
  return end != std::string_view::npos && policy.substr(end).starts_with("\r\n") ? "\r\n" : "\n";
}

std::string join(const std::vector<Line>& lines, std::string_view end) {
  std::string text;
  for (const Line& line : lines) {
    text.append(line.text).append(end);
  }
  return text;
}

// The mends to apply together, from the top: none of lines that another one changes.
std::vector<PolicyMend> choose_mends(std::span<const PolicyFinding> findings) {
  std::vector<PolicyMend> chosen;
  for (const PolicyFinding& finding : findings) {
    if (!finding.mend || finding.mend->is_advice || finding.severity == PolicySeverity::note) {
      continue;
    }
    const PolicyMend& mend = *finding.mend;
    const bool is_free = std::ranges::none_of(chosen, [&](const PolicyMend& other) {
      return mend.line < other.line + other.count && other.line < mend.line + mend.count;
    });
    if (is_free) {
      chosen.push_back(mend);
    }
  }
  // What is inserted before a line stands before what becomes of that line.
  sort_stably(chosen, [](const PolicyMend& mend) {
    return 2 * mend.line + (mend.action == MendAction::insert ? 0 : 1);
  });
  return chosen;
}

// Puts the mend's lines in; a line of its text that was there keeps its number.
void apply(const PolicyMend& mend, std::vector<Line>& lines) {
  const std::size_t begin = std::min(mend.line - 1, lines.size());
  const std::size_t end = std::min(begin + mend.count, lines.size());
  std::vector<Line> written;
  std::size_t old = begin;
  for (std::string_view rest = mend.text; mend.action != MendAction::remove && !rest.empty();) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(text.size() + 1, rest.size()));
    Line line{.number = std::nullopt, .text = std::string(text)};
    constexpr std::size_t looked_at = 64;  // lines that a mend may have dropped before this one
    for (std::size_t i = old; i < end && i < old + looked_at; ++i) {
      if (lines[i].text == text) {
        line.number = lines[i].number;
        old = i + 1;
        break;
      }
    }
    written.push_back(std::move(line));
  }
  const auto at = lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(begin),
                              lines.begin() + static_cast<std::ptrdiff_t>(end));
  lines.insert(at, written.begin(), written.end());
}

std::vector<DifferenceLine> difference_of(const std::vector<PolicyTextLine>& before,
                                          const std::vector<Line>& after) {
  std::vector<DifferenceLine> difference;
  std::size_t next = 0;  // of the old lines
  const auto drop_until = [&](std::size_t end) {
    for (; next < end; ++next) {
      difference.push_back({.is_new = false, .number = next + 1, .text = before[next].text});
    }
  };
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i].number) {
      drop_until(*after[i].number - 1);
      next = *after[i].number;
      continue;
    }
    // The old lines that this one stands for come first: those before the next line that was kept.
    const auto kept = std::find_if(after.begin() + static_cast<std::ptrdiff_t>(i), after.end(),
                                   [](const Line& line) { return line.number.has_value(); });
    drop_until(kept == after.end() ? before.size() : *kept->number - 1);
    difference.push_back({.is_new = true, .number = i + 1, .text = after[i].text});
  }
  drop_until(before.size());
  return difference;
}

}  // namespace

MendedPolicy mend_policy(std::string_view policy) {
  constexpr std::size_t rounds_limit = 1000;  // lint tells a part of the faults of a long file at a time
  MendedPolicy mended{.text = std::string(policy), .difference = {}};
  if (policy.size() > policy_limit_bytes) {
    return mended;
  }
  const std::vector<PolicyTextLine> before = lines_of(policy);
  std::vector<Line> lines;
  for (const PolicyTextLine& line : before) {
    lines.push_back({.number = line.number, .text = line.text});
  }
  for (std::size_t round = 0; round < rounds_limit; ++round) {
    const std::vector<PolicyMend> mends = choose_mends(lint_policy(mended.text));
    if (mends.empty()) {
      break;
    }
    for (auto mend = mends.rbegin(); mend != mends.rend(); ++mend) {
      apply(*mend, lines);
    }
    mended.text = join(lines, line_end_of(policy));
  }
  mended.difference = difference_of(before, lines);
  return mended;
}

bool keeps_from_mending(std::span<const PolicyFinding> findings) {
  return std::ranges::any_of(findings, [](const PolicyFinding& finding) {
    return finding.severity == PolicySeverity::error || finding.needs_author;
  });
}

}  // namespace mta_sts::publish
