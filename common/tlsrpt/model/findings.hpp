#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tlsrpt/model/duplicates.hpp"
#include "tlsrpt/model/metrics.hpp"
#include "tlsrpt/model/sender_weights.hpp"
#include "tlsrpt/model/watched.hpp"

namespace mta_sts::tlsrpt {

/// What an alert can tell. The words for them are kept in histories.
enum class FindingKind : std::uint8_t {
  rate,              ///< all sessions together miss the target
  domain,            ///< one domain of several does
  sender,            ///< what one sender of several tells does
  dane,              ///< the sessions under DANE do
  failure_type,      ///< a type of failure
  host,              ///< a host that fails
  conflict,          ///< reports contradict ones that came before
  conflict_failing,  ///< and would miss the target
  silent_sender,     ///< a sender that reported regularly has stopped
  silent_domain,     ///< a domain that was reported of regularly is so no more; where reports are expected
  no_reports,        ///< no report came at all
};

inline constexpr std::size_t finding_kind_count = 11;

[[nodiscard]] std::string_view to_string(FindingKind kind);
[[nodiscard]] std::optional<FindingKind> parse_finding_kind(std::string_view word);

struct Finding {
  FindingKind kind = FindingKind::rate;
  std::string subject;    ///< the domain, sender, type or host; empty where there is but one
  Sessions sessions;      ///< of what misses the target, weighed
  std::string claimer;    ///< a sender whose claims are bounded in them; empty: none
  std::size_t window{};   ///< of WatchSpan::window_of(), that the sessions are of
  std::uint64_t count{};  ///< of failed sessions, or of conflicts
  std::optional<std::chrono::sys_days> day{};  ///< of the first failure, or of the last report
  /// What earlier days had, and a sender that stopped long ago, is nothing to tell where it does not stand.
  bool is_new = true;
};

/// What the watched reports come to.
struct Judgment {
  std::vector<Finding> findings{};  ///< of each kind a thousand at most, the worst ones
  std::vector<WeighedTables> windows;
  std::vector<WeighedTables> dane;
  Target target;

  /// Gives the sessions that a rate rests on, of the window where they are worst; nothing for a finding that
  /// is no rate.
  [[nodiscard]] std::optional<Weighed> weighed(FindingKind kind, const std::string& subject) const;

  /// Tells by what `watched` has whether a thing that was found once is well now: nothing where no report
  /// tells.
  [[nodiscard]] std::optional<bool> is_well(FindingKind kind, const std::string& subject,
                                            const Watched& watched) const;
};

struct JudgeOptions {
  Target target{};
  bool expects_reports = false;
  std::span<const Conflict> conflicts{};  ///< those that are watched
};

/// Judges the rates of all sessions, of each domain and of each sender, by what senders used to say
/// (SenderWeights); the latest days, and of reports that came late as many days at a time, so that neither
/// hides the other. A rate is judged from five failed sessions, or from two where none went well.
[[nodiscard]] Judgment judge(const Watched& watched, const JudgeOptions& options);

/// Tells whether the rate is below the target and rests on enough sessions to be one.
[[nodiscard]] bool misses(const Sessions& sessions, Target target);

}  // namespace mta_sts::tlsrpt
