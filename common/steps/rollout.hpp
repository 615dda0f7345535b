#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steps/next_policy.hpp"
#include "steps/plan.hpp"

namespace mta_sts::steps {

/// The stages of a rollout, each of which changes the policy, DNS or nothing but the date.
enum class StageName : std::uint8_t {
  testing_day,   ///< mode testing, kept for a day: what is wrong is mended within one
  testing_week,  ///< mode testing, kept for a week
  enforce,       ///< mode enforce, kept for two weeks
  none,          ///< mode none, kept for a day
  removal,       ///< the domain leaves the store, and its record DNS
  new_mx,        ///< the policy names the new mail hosts too
  old_copies,    ///< nobody holds a policy any more that refuses them
  mx_records,    ///< DNS has the MX records that are wanted
  old_mx,        ///< the policy no longer names the old mail hosts
};

[[nodiscard]] std::string_view to_string(StageName name);

/// Where a rollout leads.
enum class Goal : std::uint8_t {
  enforce,
  testing,  ///< from enforce it is the way back
  none,     ///< mode none, then removal
};

[[nodiscard]] std::string_view to_string(Goal goal);

/// What is wanted of a domain.
struct RolloutWish {
  Goal goal = Goal::enforce;
  std::vector<std::string> new_mx{};  ///< patterns to be named too; with these or the next there is no goal
  std::vector<std::string> old_mx{};  ///< patterns to be named no longer
  std::chrono::days testing_days{7};
  bool without_reports = false;  ///< enforce although no sender reported

  [[nodiscard]] bool is_move() const { return !new_mx.empty() || !old_mx.empty(); }
};

/// The least time in the first stage of testing: reports are of a day, and come the day after it (RFC 8460
/// section 4.1).
inline constexpr std::chrono::days first_testing_days{2};

struct Stage {
  StageName name = StageName::testing_day;
  StepState state = StepState::done;
  std::string detail{};  ///< what to do, or all that stands against it; safe to show
  /// The first time at which it is safe; if it depends on what is still to be done, then if that is done now.
  std::optional<std::chrono::sys_seconds> earliest = std::nullopt;
  std::optional<NextPolicy> policy = std::nullopt;  ///< that it brings, where its turn has come
};

struct Rollout {
  std::vector<Stage> stages;

  /// Gives the first stage that is not done; null where all are.
  [[nodiscard]] const Stage* next() const;

  /// Gives one word for the whole, with the plan of the present policy: done, pending, waiting, not-known or
  /// at-fault.
  [[nodiscard]] std::string_view state(const Plan& plan) const;
};

/// Tells whether a plan leads where the wish does: to publish and to withdraw are two ways.
[[nodiscard]] bool is_plan_of_wish(const Situation& situation, const RolloutWish& wish);

/// Works out the stages from here to the goal. `plan` is that of the situation; `reports` tells whether the
/// senders' reports of the days of testing meet their target. RFC 8461 sections 3.1, 3.2, 5, 5.1, 8.1 and
/// 8.3.
[[nodiscard]] Rollout rollout_of(const Situation& situation, const Plan& plan, const RolloutWish& wish,
                                 const NetworkAnswer& reports);

}  // namespace mta_sts::steps
