#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steps/former.hpp"
#include "steps/live.hpp"

namespace mta_sts::steps {

/// The steps, each of which has its place in the order.
enum class StepName : std::uint8_t {
  host,            ///< mta-sts.DOMAIN has the address that it should
  certificate,     ///< senders accept its certificate
  serve,           ///< the stored policy comes from it, through whatever cache stands before it
  mail_hosts,      ///< the policy names every live MX
  announce,        ///< the TXT record has the policy's id
  reports,         ///< the TLSRPT record is there
  wait,            ///< nobody holds a policy of before any longer
  remove,          ///< the domain leaves the store
  remove_records,  ///< its TXT record is gone
};

[[nodiscard]] std::string_view to_string(StepName name);

enum class StepState : std::uint8_t {
  done,
  to_do,
  waiting,    ///< for a time, `until`
  not_yet,    ///< another step comes first
  not_known,  ///< the network gave no answer, or was not asked
  at_fault,   ///< nothing that waiting changes
};

[[nodiscard]] std::string_view to_string(StepState state);

struct PlanStep {
  StepName name = StepName::host;
  StepState state = StepState::done;
  std::string detail;  ///< what to do or why; empty where it is done; safe to show
  std::optional<std::chrono::sys_seconds> until = std::nullopt;  ///< with waiting
};

/// When a change of DNS is due.
enum class Due : std::uint8_t {
  done,       ///< DNS has it
  now,        ///< at once
  later,      ///< once the steps before it are done
  not_known,  ///< nobody asked whether they are
};

[[nodiscard]] std::string_view to_string(Due due);

/// A record set that DNS should have. Without values: should no longer have.
struct RecordChange {
  std::string name;  ///< without root dot
  std::string type;  ///< TXT, CNAME, A or AAAA
  std::vector<std::string> values;
  Due due = Due::now;
};

/// What DNS should say beside the id.
struct Desired {
  std::vector<std::string> rua;        ///< URIs for the TLSRPT record; none: it is left alone
  std::string host;                    ///< the name that mta-sts.DOMAIN leads to; empty: it is left alone
  std::vector<std::string> addresses;  ///< or its addresses, as text
};

/// All that a plan is made of.
struct Situation {
  std::string domain;     ///< A-labels
  Periods periods;        ///< as the store has them now
  bool is_stored = true;  ///< false: they are no store's, see past_of()
  Live live;
  Desired desired;
  std::chrono::sys_seconds now{};
};

/// What to do for a domain, in the order in which it is to be done: HTTPS and the caches before it, then the
/// id, since a sender that sees a new id keeps whatever it then fetches.
struct Plan {
  std::vector<PlanStep> steps;
  std::vector<RecordChange> records;
  std::vector<std::string> warnings;
  std::chrono::sys_seconds old_copies_until{};  ///< see old_copies_until(); 1970: nobody holds one

  /// Gives the first step that is not done; null where all are.
  [[nodiscard]] const PlanStep* next() const;

  /// Gives one word for the whole: done, pending, waiting, not-known or at-fault.
  [[nodiscard]] std::string_view state() const;
};

/// Makes the plan of a domain: to publish what the store serves for it; with mode none, and for one that is
/// not in the store, to withdraw what was served. RFC 8461 sections 3.1, 3.3, 8.1 and 8.3.
[[nodiscard]] Plan plan_of(const Situation& situation);

}  // namespace mta_sts::steps
