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

std::string named(std::string_view name) {
  return text::escape_for_display(name, 80);
}

std::string counts_of(const Sessions& sessions) {
  return sessions.rate_percent(2).value_or("-") + "% (" + text::render_grouped(sessions.success) + " ok, " +
         text::render_grouped(sessions.failure) + " failed)";
}

// "a, b, c, d, e and 3 more".
template <typename Items, typename Item>
std::string list_of(const Items& items, std::string_view separator, Item item) {
  std::string list;
  for (std::size_t i = 0; i < std::min(items.size(), names_limit); ++i) {
    list += (list.empty() ? "" : std::string(separator)) + item(items[i]);
  }
  return items.size() <= names_limit
             ? list
             : list + " and " + text::render_grouped(items.size() - names_limit) + " more";
}

std::string rate_item(const Finding& finding) {
  return named(finding.subject) + " " + counts_of(finding.sessions);
}

std::string failure_item(const Finding& finding) {
  return named(finding.subject) + " (" + render_number(finding.count, "session") +
         (finding.day ? ", first on " + render_day(*finding.day) : "") + ")";
}

std::string silence_item(const Finding& finding) {
  return named(finding.subject) + (finding.day ? " (the last was of " + render_day(*finding.day) + ")" : "");
}

// What there is new of each kind, a sentence or two.
class Paragraph {
 public:
  explicit Paragraph(const AlertInput& input) : input_(input) {
    for (const Finding& finding : input.told.fresh) {
      of(finding.kind).push_back(finding);
    }
  }

  std::string text() {
    add_rates();
    add_list("New failure type: ", FindingKind::failure_type, failure_item);
    add_cause();
    add_list("New failing host: ", FindingKind::host, failure_item);
    add_conflicts();
    add_list("No report comes any more of ", FindingKind::silent_sender, silence_item);
    if (!of(FindingKind::no_reports).empty()) {
      add("No report came: see whether the _smtp._tls record and its mailbox still work.");
    }
    return body_;
  }

 private:
  std::vector<Finding>& of(FindingKind kind) { return kinds_[static_cast<std::size_t>(kind)]; }

  void add(const std::string& sentence) { body_ += " " + sentence; }

  template <typename Item>
  void add_list(std::string_view title, FindingKind kind, Item item) {
    if (!of(kind).empty()) {
      add(std::string(title) + list_of(of(kind), ", ", item) + ".");
    }
  }

  void add_rates() {
    for (const Finding& finding : of(FindingKind::rate)) {
      add("The success rate was " + counts_of(finding.sessions) + ", below the target of " +
          input_.judgment.target.text() + "%.");
    }
    add_list("Below the target: ", FindingKind::domain, rate_item);
    add_list("Below the target by what one sender tells: ", FindingKind::sender, rate_item);
    for (const Finding& finding : of(FindingKind::dane)) {
      add("Under DANE the success rate was " + counts_of(finding.sessions) + ".");
    }
    const auto claims = [](const Finding& finding) { return !finding.claimer.empty(); };
    const auto claimed = std::ranges::find_if(input_.told.fresh, claims);
    if (claimed != input_.told.fresh.end()) {
      add("Not counted in this: what " + named(claimed->claimer) +
          " claims beyond ten times its usual number of sessions.");
    }
  }

  void add_cause() {
    if (of(FindingKind::failure_type).empty()) {
      return;
    }
    if (const FailureType* const type = find_failure_type(of(FindingKind::failure_type).front().subject)) {
      add("Usual cause: " + std::string(type->cause) + ". " + std::string(type->fix));
    }
  }

  void add_conflicts() {
    const auto& conflicts = of(FindingKind::conflict);
    if (!conflicts.empty()) {
      std::uint64_t count = 0;
      for (const Finding& conflict : conflicts) {
        count = saturating_add(count, conflict.count);
      }
      add(render_number(count, "report") + " came again with other numbers and " +
          (count == 1 ? "was" : "were") + " left out (" +
          list_of(conflicts, ", ", [](const Finding& one) { return named(one.subject); }) +
          "): compare them with mta-sts tlsrpt show.");
    }
    add_list("A report that was left out misses the target: ", FindingKind::conflict_failing, rate_item);
  }

  const AlertInput& input_;
  std::vector<Finding> kinds_[finding_kind_count];
  std::string body_;
};

// What a finding is about, in a few words.
std::string subject_of(FindingKind kind, const std::string& subject) {
  switch (kind) {
    case FindingKind::rate:
      return "the success rate";
    case FindingKind::sender:
      return "what " + named(subject) + " tells";
    case FindingKind::dane:
      return "the success rate under DANE";
    case FindingKind::conflict:
    case FindingKind::conflict_failing:
      return "reports of " + named(subject) + " that were left out";
    case FindingKind::silent_sender:
      return "no report of " + named(subject);
    case FindingKind::no_reports:
      return "no report";
    case FindingKind::domain:
    case FindingKind::failure_type:
    case FindingKind::host:
      break;
  }
  return named(subject);
}

std::string still_item(const StillStanding& still) {
  const Finding& finding = still.finding;
  std::string numbers;
  if (!finding.sessions.empty()) {
    numbers = " " + counts_of(finding.sessions);
  } else if (finding.count > 0) {
    numbers = " (" + text::render_grouped(finding.count) + ")";
  } else if (finding.day) {
    numbers = " since " + render_day(*finding.day);
  } else if (still.last_seen) {
    numbers = " (no news since " + render_day(*still.last_seen) + ")";
  }
  return subject_of(finding.kind, finding.subject) + numbers + ", told on " + render_day(still.told);
}

}  // namespace

std::string render_alert(const AlertInput& input) {
  const Told& told = input.told;
  const std::string span = render_span(input.now);
  const std::string heading = "TLS reports" + (input.domain.empty() ? "" : " for " + input.domain) +
                              (span.empty() ? "" : ", " + span) + ":";
  std::string text;
  const auto add_line = [&](const std::string& line) { text += heading + line + "\n"; };
  if (!told.fresh.empty()) {
    add_line(Paragraph(input).text());
  }
  if (!told.still.empty()) {
    add_line(" Still: " + list_of(told.still, "; ", still_item) + ".");
  }
  if (!told.cleared.empty()) {
    add_line(" Cleared: " +
             list_of(told.cleared, "; ",
                     [&](const Standing& one) {
                       const auto now = input.judgment.weighed(one.kind, one.subject);
                       return subject_of(one.kind, one.subject) +
                              (now ? " " + counts_of(now->sessions) : "") + ", told on " +
                              render_day(one.told);
                     }) +
             ".");
  }
  if (!told.forgotten.empty()) {
    add_line(
        " No longer watched, as no report told of it for two weeks: " +
        list_of(told.forgotten, "; ", [](const Standing& one) { return subject_of(one.kind, one.subject); }) +
        ".");
  }
  return text;
}

}  // namespace mta_sts::tlsrpt
