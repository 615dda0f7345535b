#include "check/areas.hpp"

#include <algorithm>
#include <array>

#include "base/enum_names.hpp"

namespace mta_sts::check {
namespace {

struct Span {
  int first;
  int last;
  std::string_view area;
};

constexpr std::array<std::string_view, 7> area_names{"record", "policy host", "policy",    "mail hosts",
                                                     "DANE",   "reports",     "life cycle"};
constexpr std::array spans{
    Span{.first = 1, .last = 11, .area = "record"},      Span{.first = 12, .last = 12, .area = "life cycle"},
    Span{.first = 13, .last = 13, .area = "record"},     Span{.first = 14, .last = 23, .area = "policy host"},
    Span{.first = 24, .last = 39, .area = "policy"},     Span{.first = 40, .last = 49, .area = "mail hosts"},
    Span{.first = 50, .last = 51, .area = "DANE"},       Span{.first = 52, .last = 54, .area = "mail hosts"},
    Span{.first = 55, .last = 63, .area = "reports"},    Span{.first = 64, .last = 64, .area = "DANE"},
    Span{.first = 65, .last = 68, .area = "life cycle"}, Span{.first = 70, .last = 70, .area = "policy"},
    Span{.first = 71, .last = 71, .area = "mail hosts"}, Span{.first = 72, .last = 72, .area = "reports"},
    Span{.first = 73, .last = 73, .area = "DANE"},       Span{.first = 74, .last = 74, .area = "policy"},
};

struct Tally {
  bool error = false;
  bool warning = false;
  bool note = false;
  std::size_t ok = 0;
  std::size_t not_testable = 0;
  std::size_t skipped = 0;
};

void count(Tally& tally, const Judgement& judgement) {
  const auto has = [&](Outcome outcome) {
    return std::ranges::any_of(judgement.findings, [&](const auto& f) { return f.outcome == outcome; });
  };
  for (const CheckFinding& finding : judgement.findings) {
    if (finding.outcome == Outcome::found) {
      tally.error = tally.error || finding.severity == Severity::error;
      tally.warning = tally.warning || finding.severity == Severity::warning;
      tally.note = tally.note || finding.severity == Severity::note;
    }
  }
  tally.not_testable += has(Outcome::not_testable) ? 1 : 0;
  tally.skipped += has(Outcome::skipped) ? 1 : 0;
  tally.ok += has(Outcome::ok) ? 1 : 0;
}

AreaState state_of(const Tally& tally) {
  if (tally.error) {
    return AreaState::error;
  }
  if (tally.warning) {
    return AreaState::warning;
  }
  if (tally.not_testable > tally.ok) {
    return AreaState::not_testable;
  }
  if (tally.note) {
    return AreaState::note;
  }
  if (tally.ok > 0) {
    return AreaState::ok;
  }
  return tally.skipped > 0 ? AreaState::skipped : AreaState::not_applicable;
}

}  // namespace

std::string_view to_string(AreaState state) {
  using enum AreaState;
  static constexpr auto words = enum_names<AreaState>({
      {error, "error"},
      {warning, "warning"},
      {not_testable, "not testable"},
      {note, "note"},
      {ok, "ok"},
      {not_applicable, "not applicable"},
      {skipped, "skipped"},
  });
  return words[state];
}

std::string_view area_of(int number) {
  const auto span =
      std::ranges::find_if(spans, [&](const Span& s) { return s.first <= number && number <= s.last; });
  return span == spans.end() ? std::string_view() : span->area;
}

std::vector<AreaStatus> judge_areas(const std::vector<Judgement>& judgements) {
  std::vector<AreaStatus> areas;
  for (const std::string_view name : area_names) {
    Tally tally;
    for (const Judgement& judgement : judgements) {
      if (area_of(judgement.check->number) == name) {
        count(tally, judgement);
      }
    }
    areas.push_back({.name = name, .state = state_of(tally)});
  }
  return areas;
}

}  // namespace mta_sts::check
