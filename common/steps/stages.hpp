#pragma once

#include "steps/rollout.hpp"

namespace mta_sts::steps {

/// All that stands against a stage. The worst of it is its state: a fault, then a date, then what is not
/// known, then another step.
class Gate {
 public:
  void add(StepState state, const std::string& why);

  /// Asks for a time; before it the stage waits.
  void wait_for(std::chrono::sys_seconds earliest, std::chrono::sys_seconds now, const std::string& why);

  /// Asks for every step of a plan.
  void add_plan(const Plan& plan);

  /// Gives a stage its state: to be done where nothing stands against it.
  [[nodiscard]] Stage stage_of(StageName name, std::string what) const;

 private:
  StepState state_ = StepState::to_do;
  std::string why_;
  std::optional<std::chrono::sys_seconds> earliest_;
};

[[nodiscard]] Stage done_stage(StageName name);

/// Gives the stages of a change of mail hosts: the policy names the new ones first, then DNS, then the policy
/// drops the old ones. RFC 8461 sections 4.1, 5.1 and 8.1.
[[nodiscard]] std::vector<Stage> stages_of_move(const Situation& situation, const Plan& plan,
                                                const RolloutWish& wish);

}  // namespace mta_sts::steps
