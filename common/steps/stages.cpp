#include "steps/stages.hpp"

#include <algorithm>

#include "base/utc_time.hpp"

namespace mta_sts::steps {
namespace {

int rank_of(StepState state) {
  switch (state) {
    case StepState::at_fault:
      return 4;
    case StepState::waiting:
      return 3;
    case StepState::not_known:
      return 2;
    case StepState::not_yet:
      return 1;
    case StepState::done:
    case StepState::to_do:
      break;
  }
  return 0;
}

}  // namespace

void Gate::add(StepState state, const std::string& why) {
  state_ = rank_of(state) > rank_of(state_) ? state : state_;
  why_ += (why_.empty() ? "" : "; ") + why;
}

void Gate::wait_for(std::chrono::sys_seconds earliest, std::chrono::sys_seconds now, const std::string& why) {
  earliest_ = std::max({earliest_.value_or(earliest), earliest, now});
  if (earliest > now) {
    add(StepState::waiting, why + " " + utc_text(earliest));
  }
}

void Gate::add_plan(const Plan& plan) {
  const auto say = [](const PlanStep& step) {
    return std::string(to_string(step.name)) + (step.detail.empty() ? "" : ": " + step.detail);
  };
  const auto fault = std::ranges::find(plan.steps, StepState::at_fault, &PlanStep::state);
  if (fault != plan.steps.end()) {
    add(StepState::at_fault, say(*fault));
  } else if (const PlanStep* open = plan.next(); open != nullptr) {
    add(open->state == StepState::not_known ? StepState::not_known : StepState::not_yet,
        "the present policy first, " + say(*open));
  }
}

Stage Gate::stage_of(StageName name, std::string what) const {
  return {
      .name = name, .state = state_, .detail = why_.empty() ? std::move(what) : why_, .earliest = earliest_};
}

Stage done_stage(StageName name) {
  return {.name = name, .state = StepState::done, .detail = {}};
}

}  // namespace mta_sts::steps
