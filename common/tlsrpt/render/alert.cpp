#include "tlsrpt/render/alert.hpp"

#include <algorithm>
#include <vector>

#include "base/number.hpp"
#include "base/utf8.hpp"
#include "tlsrpt/model/failure_types.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/render_text.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::size_t names_limit = 5;

// Mail servers refuse lines of more than 998 bytes (RFC 5322 section 2.1.1), and the sentence around a list
// takes some.
constexpr std::size_t list_limit_bytes = 700;

std::string named(std::string_view name) {
  return text::escape_for_display(name, 80);
}

// "a, b, c, d, e and 3 more".
template <typename Items, typename Item>
std::string list_of(const Items& items, std::string_view separator, Item item) {
  std::string list;
  std::size_t shown = 0;
  for (; shown < std::min(items.size(), names_limit); ++shown) {
    const std::string next = item(items[shown]);
    if (!list.empty() && list.size() + separator.size() + next.size() > list_limit_bytes) {
      break;
    }
    list += (list.empty() ? "" : std::string(separator)) + next;
  }
  const std::size_t more = items.size() - shown;
  return more == 0 ? list : list + std::string(separator) + "and " + text::render_grouped(more) + " more";
}

std::string render_days(const DaySpan& days) {
  return days.first == days.last ? render_day(days.first)
                                 : render_day(days.first) + " to " + render_day(days.last);
}

// The latest days as far as there are reports, or else all of them.
DaySpan latest_days(const Watched& watched, std::chrono::sys_days today) {
  const WatchSpan& span = watched.span();
  const auto first = watched.now.days.lower_bound(span.since);
  return first == watched.now.days.end()
             ? DaySpan{.first = span.since, .last = span.until.value_or(today)}
             : DaySpan{.first = first->first, .last = watched.now.days.rbegin()->first};
}

// What an alert says, a sentence a line.
class Sentences {
 public:
  explicit Sentences(const AlertInput& input)
      : input_(input),
        heading_("TLS reports" + (input.domain.empty() ? "" : " for " + input.domain) + ", " +
                 render_days(latest_days(input.watched, input.today)) + ": ") {}

  std::string text() {
    add_fresh();
    add_still();
    add_standing("Cleared: ", input_.told.cleared);
    add_standing("No longer watched, because no report has covered it for two weeks: ",
                 input_.told.forgotten);
    return std::move(text_);
  }

 private:
  void add(std::string_view sentence) {
    text_ += (text_.empty() ? heading_ : "  ") + std::string(sentence) + "\n";
  }

  template <typename Item>
  void add_list(std::string_view title, const std::vector<Finding>& findings, Item item) {
    if (!findings.empty()) {
      add(std::string(title) + list_of(findings, ", ", item) + ".");
    }
  }

  [[nodiscard]] std::string counts_of(const Sessions& sessions, std::size_t window) const {
    return sessions.rate_beside(input_.judgment.target).value_or("-") + "% (" +
           text::render_grouped(sessions.success) + " ok, " + text::render_grouped(sessions.failure) +
           " failed" +
           (window == 0 ? "" : " in late reports for " + render_days(input_.watched.span().days_of(window))) +
           ")";
  }

  [[nodiscard]] std::string counts_of(const Finding& finding) const {
    return counts_of(finding.sessions, finding.window);
  }

  // What is new, kind by kind.
  void add_fresh() {
    std::vector<Finding> kinds[finding_kind_count];
    const auto of = [&](FindingKind kind) -> auto& {
      return kinds[static_cast<std::size_t>(kind)];
    };
    for (const Finding& finding : input_.told.fresh) {
      of(finding.kind).push_back(finding);
    }
    const auto rate = [&](const Finding& one) { return named(one.subject) + " " + counts_of(one); };
    const auto failure = [](const Finding& one) {
      return named(one.subject) + " (" + render_number(one.count, "session") +
             (one.day ? ", first on " + render_day(*one.day) : "") + ")";
    };
    for (const Finding& finding : of(FindingKind::rate)) {
      add("The success rate was " + counts_of(finding) + ", below the target of " +
          input_.judgment.target.text() + "%.");
    }
    add_list("Below the target: ", of(FindingKind::domain), rate);
    add_list("Below the target as reported by one sender: ", of(FindingKind::sender), rate);
    for (const Finding& finding : of(FindingKind::dane)) {
      add("Under DANE the success rate was " + counts_of(finding) + ".");
    }
    add_claimer();
    add_list("New failure type: ", of(FindingKind::failure_type), failure);
    add_cause(of(FindingKind::failure_type));
    add_list("New failing host: ", of(FindingKind::host), failure);
    add_conflicts(of(FindingKind::conflict));
    add_list("A report that was left out misses the target: ", of(FindingKind::conflict_failing), rate);
    for (const Finding& finding : of(FindingKind::silent_sender)) {
      add(named(finding.subject) + " has stopped reporting" +
          (finding.day ? " (its last report is of " + render_day(*finding.day) + ")" : "") + ".");
    }
    for (const Finding& finding : of(FindingKind::silent_domain)) {
      add("Reports for " + named(finding.subject) + " have stopped" +
          (finding.day ? " (the last one is of " + render_day(*finding.day) + ")" : "") + ".");
    }
    if (!of(FindingKind::no_reports).empty()) {
      add("No report came: see whether the _smtp._tls record and its mailbox still work.");
    }
  }

  void add_claimer() {
    const auto claimed = std::ranges::find_if(
        input_.told.fresh, [](const Finding& finding) { return !finding.claimer.empty(); });
    if (claimed != input_.told.fresh.end()) {
      add("Not counted: what " + named(claimed->claimer) +
          " claims beyond ten times its usual number of sessions.");
    }
  }

  void add_cause(const std::vector<Finding>& types) {
    if (types.empty()) {
      return;
    }
    if (const FailureType* const type = find_failure_type(types.front().subject)) {
      add("Usual cause: " + std::string(type->cause) + ". " + std::string(type->fix));
    }
  }

  void add_conflicts(const std::vector<Finding>& conflicts) {
    if (conflicts.empty()) {
      return;
    }
    std::uint64_t count = 0;
    for (const Finding& conflict : conflicts) {
      count = saturating_add(count, conflict.count);
    }
    add(render_number(count, "report") + " came again with other numbers and " +
        (count == 1 ? "was" : "were") + " left out (" +
        list_of(conflicts, ", ", [](const Finding& one) { return named(one.subject); }) +
        "): compare them with mta-sts tlsrpt show.");
  }

  // What was told before, kind by kind, so that many of one do not hide another.
  void add_still() {
    std::vector<StillStanding> kinds[finding_kind_count];
    for (const StillStanding& still : input_.told.still) {
      kinds[static_cast<std::size_t>(still.finding.kind)].push_back(still);
    }
    for (const std::vector<StillStanding>& kind : kinds) {
      if (!kind.empty()) {
        add("Still: " + list_of(kind, "; ", [&](const StillStanding& one) { return still_item(one); }) + ".");
      }
    }
  }

  void add_standing(std::string_view title, const std::vector<Standing>& standing) {
    if (!standing.empty()) {
      add(std::string(title) +
          list_of(standing, "; ",
                  [&](const Standing& one) {
                    const auto now = input_.judgment.weighed(one.kind, one.subject);
                    return subject_of(one.kind, one.subject) +
                           (now && !now->sessions.empty() ? " " + counts_of(now->sessions, now->window)
                                                          : "") +
                           ", told on " + render_day(one.told);
                  }) +
          ".");
    }
  }

  // What a finding is about, in a few words.
  static std::string subject_of(FindingKind kind, const std::string& subject) {
    switch (kind) {
      case FindingKind::rate:
        return "the success rate";
      case FindingKind::sender:
        return "sessions reported by " + named(subject);
      case FindingKind::dane:
        return "the success rate under DANE";
      case FindingKind::conflict:
      case FindingKind::conflict_failing:
        return "reports of " + named(subject) + " that were left out";
      case FindingKind::silent_sender:
        return "no report of " + named(subject);
      case FindingKind::silent_domain:
        return "no report for " + named(subject);
      case FindingKind::no_reports:
        return "no report";
      case FindingKind::domain:
      case FindingKind::failure_type:
      case FindingKind::host:
        break;
    }
    return named(subject);
  }

  [[nodiscard]] std::string still_item(const StillStanding& still) const {
    const Finding& finding = still.finding;
    std::string numbers;
    if (!finding.sessions.empty()) {
      numbers = " " + counts_of(finding);
    } else if (finding.count > 0) {
      numbers = " (" + text::render_grouped(finding.count) + ")";
    } else if (finding.day) {
      numbers = " since " + render_day(*finding.day);
    } else if (still.last_seen) {
      numbers = " (last judged on " + render_day(*still.last_seen) + ")";
    }
    return subject_of(finding.kind, finding.subject) + numbers + ", told on " + render_day(still.told);
  }

  const AlertInput& input_;
  std::string heading_;
  std::string text_;
};

}  // namespace

std::string render_alert(const AlertInput& input) {
  return Sentences(input).text();
}

}  // namespace mta_sts::tlsrpt
