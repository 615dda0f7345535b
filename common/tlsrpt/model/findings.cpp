#include "tlsrpt/model/findings.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/enum_names.hpp"
#include "tlsrpt/model/ranking.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::size_t findings_limit = 1000;

constexpr auto words = enum_names<FindingKind>({
    {FindingKind::rate, "rate"},
    {FindingKind::domain, "domain"},
    {FindingKind::sender, "sender"},
    {FindingKind::dane, "dane"},
    {FindingKind::failure_type, "failure-type"},
    {FindingKind::host, "host"},
    {FindingKind::conflict, "conflict"},
    {FindingKind::conflict_failing, "conflict-failing"},
    {FindingKind::silent_sender, "silent-sender"},
    {FindingKind::silent_domain, "silent-domain"},
    {FindingKind::no_reports, "no-reports"},
});

// Of the windows the one that misses the target by the most failures, or else the latest that has any.
template <typename Get>
Weighed worst_of(const std::vector<WeighedTables>& windows, Target target, Get get) {
  Weighed worst;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Weighed* const one = get(windows[i]);
    if (one == nullptr) {
      continue;
    }
    const bool is_worse = misses(one->sessions, target) &&
                          (!misses(worst.sessions, target) || one->sessions.failure > worst.sessions.failure);
    if (is_worse || worst.sessions.empty()) {
      worst = *one;
      worst.window = i;
    }
  }
  return worst;
}

const Weighed* find(const WeighedTables::Table& table, std::string_view name) {
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

class Judge {
 public:
  Judge(const Watched& watched, const JudgeOptions& options)
      : watched_(watched),
        options_(options),
        judgment_{
            .windows = watched.weights.weigh(), .dane = watched.dane.weigh(), .target = options.target} {}

  Judgment judge() {
    add_rate(FindingKind::rate, {});
    add_rates(FindingKind::domain, &WeighedTables::domains);
    add_rates(FindingKind::sender, &WeighedTables::senders);
    add_rate(FindingKind::dane, {});
    add_failures(FindingKind::failure_type, watched_.now.types, watched_.before.types);
    add_failures(FindingKind::host, watched_.now.hosts, watched_.before.hosts);
    add_conflicts();
    add_silent(FindingKind::silent_sender, watched_.senders);
    if (options_.expects_reports) {
      add_silent(FindingKind::silent_domain, watched_.domains);
    }
    if (options_.expects_reports && watched_.now.reports == 0) {
      Finding finding;
      finding.kind = FindingKind::no_reports;
      judgment_.findings.push_back(std::move(finding));
    }
    return std::move(judgment_);
  }

 private:
  using FailureTable = std::map<std::string, Failures, std::less<>>;

  bool add_rate(FindingKind kind, const std::string& subject) {
    const auto weighed = judgment_.weighed(kind, subject);
    if (!weighed || !misses(weighed->sessions, options_.target)) {
      return false;
    }
    Finding finding;
    finding.kind = kind;
    finding.subject = subject;
    finding.sessions = weighed->sessions;
    finding.claimer = weighed->claimer;
    finding.window = weighed->window;
    judgment_.findings.push_back(std::move(finding));
    return true;
  }

  // Of each name beside others: alone it is what all sessions say.
  void add_rates(FindingKind kind, WeighedTables::Table WeighedTables::*table) {
    std::map<std::string, std::uint64_t, std::less<>> names;  // and the failures, in the window that has most
    for (const WeighedTables& window : judgment_.windows) {
      for (const auto& [name, weighed] : window.*table) {
        std::uint64_t& failures = names[name];
        failures = std::max(failures, weighed.sessions.failure);
      }
    }
    std::vector<std::pair<std::uint64_t, std::string_view>> order;
    for (const auto& [name, failures] : names) {
      if (failures > 0 && names.size() > 1) {
        order.emplace_back(failures, name);
      }
    }
    std::ranges::sort(order, [](const auto& one, const auto& other) {
      return one.first != other.first ? one.first > other.first : one.second < other.second;
    });
    std::size_t added = 0;
    for (const auto& [failures, name] : order) {
      if (added < findings_limit && add_rate(kind, std::string(name))) {
        ++added;
      }
    }
  }

  void add_failures(FindingKind kind, const FailureTable& now, const FailureTable& before) {
    FailureTable fresh;
    FailureTable known;
    for (const auto& [name, failures] : now) {
      if (failures.count > 0 && name != not_given) {
        const auto earlier = before.find(name);
        const bool is_known = earlier != before.end() && earlier->second.count > 0;
        (is_known ? known : fresh).emplace(name, failures);
      }
    }
    for (const bool is_new : {true, false}) {
      for (const auto& [name, failures] : most(is_new ? fresh : known, findings_limit)) {
        Finding finding;
        finding.kind = kind;
        finding.subject = *name;
        finding.count = failures->count;
        finding.day = failures->first;
        finding.is_new = is_new;
        judgment_.findings.push_back(std::move(finding));
      }
    }
  }

  void add_silent(FindingKind kind, const ReportingDays& names) {
    for (const auto& [name, last, is_long_ago] : names.silent(findings_limit)) {
      Finding finding;
      finding.kind = kind;
      finding.subject = name;
      finding.day = last;
      finding.is_new = !is_long_ago;
      judgment_.findings.push_back(std::move(finding));
    }
  }

  void add_conflicts() {
    std::map<std::string, std::pair<std::uint64_t, Sessions>> senders;  // how many, and the worst
    for (const Conflict& conflict : options_.conflicts) {
      auto& [count, failing] = senders[conflict.key.organization];
      ++count;
      const Sessions sessions{.success = conflict.success, .failure = conflict.failure};
      if (misses(sessions, options_.target) && sessions.failure > failing.failure) {
        failing = sessions;
      }
    }
    for (const auto& [sender, found] : senders) {
      Finding finding;
      finding.kind = FindingKind::conflict;
      finding.subject = sender;
      finding.count = found.first;
      judgment_.findings.push_back(finding);
      if (!found.second.empty()) {
        finding.kind = FindingKind::conflict_failing;
        finding.sessions = found.second;
        judgment_.findings.push_back(std::move(finding));
      }
    }
  }

  const Watched& watched_;
  const JudgeOptions& options_;
  Judgment judgment_;
};

}  // namespace

std::string_view to_string(FindingKind kind) {
  return words[kind];
}

std::optional<FindingKind> parse_finding_kind(std::string_view word) {
  return words.parse(word);
}

bool misses(const Sessions& sessions, Target target) {
  // A failure among a few sessions is no rate: a domain with twelve sessions a day would miss any target.
  constexpr std::uint64_t failures_least = 5;
  constexpr std::uint64_t failures_alone_least = 2;
  const std::uint64_t least = sessions.success == 0 ? failures_alone_least : failures_least;
  return sessions.failure >= least && !sessions.meets(target).value_or(true);
}

std::optional<Weighed> Judgment::weighed(FindingKind kind, const std::string& subject) const {
  const auto total = [](const WeighedTables& window) { return &window.total; };
  switch (kind) {
    case FindingKind::rate:
      return worst_of(windows, target, total);
    case FindingKind::domain:
      return worst_of(windows, target,
                      [&](const WeighedTables& window) { return find(window.domains, subject); });
    case FindingKind::sender:
      return worst_of(windows, target,
                      [&](const WeighedTables& window) { return find(window.senders, subject); });
    case FindingKind::dane:
      return worst_of(dane, target, total);
    default:
      return std::nullopt;
  }
}

std::optional<bool> Judgment::is_well(FindingKind kind, const std::string& subject,
                                      const Watched& watched) const {
  const auto is_gone = [&](const auto& table) {
    return watched.now.total.empty() ? std::nullopt : std::optional(!table.contains(subject));
  };
  const auto only_if = [](bool well) { return well ? std::optional(true) : std::nullopt; };
  switch (kind) {
    case FindingKind::failure_type:
      return is_gone(watched.now.types);
    case FindingKind::host:
      return is_gone(watched.now.hosts);
    case FindingKind::silent_sender:
      return only_if(watched.senders.goes_on(subject));
    case FindingKind::silent_domain:
      return only_if(watched.domains.goes_on(subject));
    case FindingKind::no_reports:
      return only_if(watched.now.reports > 0);
    default:
      const auto now = weighed(kind, subject);
      return now ? now->sessions.meets(target) : std::nullopt;
  }
}

Judgment judge(const Watched& watched, const JudgeOptions& options) {
  return Judge(watched, options).judge();
}

}  // namespace mta_sts::tlsrpt
