#include "tlsrpt/model/standing.hpp"

#include <map>
#include <utility>

namespace mta_sts::tlsrpt {
namespace {

constexpr std::chrono::days forgotten_after{14};

bool is_event(FindingKind kind) {
  return kind == FindingKind::conflict || kind == FindingKind::conflict_failing;
}

class Comparison {
 public:
  Comparison(const std::vector<Standing>& standing, std::chrono::sys_days today) : today_(today) {
    for (const Standing& one : standing) {
      stood_.emplace(std::pair(one.kind, one.subject), one);
    }
  }

  void add(const Finding& finding) {
    const auto before = stood_.find({finding.kind, finding.subject});
    if (before == stood_.end()) {
      if (finding.is_new) {
        told_.fresh.push_back(finding);
        told_.standing.push_back(
            {.kind = finding.kind, .subject = finding.subject, .told = today_, .seen = today_});
      }
      return;
    }
    if (finding.is_new) {
      told_.still.push_back({.finding = finding, .told = before->second.told, .last_seen = {}});
    }
    before->second.seen = today_;
    told_.standing.push_back(std::move(before->second));
    stood_.erase(before);
  }

  // What stood and is not found.
  Told finish(const Judgment& judgment, const Watched& watched) {
    for (auto& [key, one] : stood_) {
      const auto is_well = judgment.is_well(one.kind, one.subject, watched);
      if (is_event(one.kind)) {
        continue;
      }
      if (is_well.value_or(false)) {
        told_.cleared.push_back(std::move(one));
      } else if (is_well) {
        one.seen = today_;
        stay(std::move(one), judgment, std::nullopt);
      } else if (today_ - one.seen > forgotten_after) {
        told_.forgotten.push_back(std::move(one));
      } else {
        const auto seen = one.seen;
        stay(std::move(one), judgment, seen);
      }
    }
    return std::move(told_);
  }

 private:
  // A type or a host that no report tells of is not repeated: it is no longer new.
  void stay(Standing&& one, const Judgment& judgment, std::optional<std::chrono::sys_days> last_seen) {
    const auto weighed = judgment.weighed(one.kind, one.subject);
    if (weighed || one.kind == FindingKind::silent_sender || one.kind == FindingKind::silent_domain) {
      Finding finding;
      finding.kind = one.kind;
      finding.subject = one.subject;
      if (weighed) {
        finding.sessions = weighed->sessions;
        finding.window = weighed->window;
      }
      told_.still.push_back({.finding = std::move(finding), .told = one.told, .last_seen = last_seen});
    }
    told_.standing.push_back(std::move(one));
  }

  std::chrono::sys_days today_;
  std::map<std::pair<FindingKind, std::string>, Standing> stood_;
  Told told_;
};

}  // namespace

Told compare(const Judgment& judgment, const Watched& watched, const std::vector<Standing>& standing,
             std::chrono::sys_days today) {
  Comparison comparison(standing, today);
  for (const Finding& finding : judgment.findings) {
    comparison.add(finding);
  }
  return comparison.finish(judgment, watched);
}

}  // namespace mta_sts::tlsrpt
