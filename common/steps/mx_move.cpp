#include <algorithm>

#include "base/ascii.hpp"
#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "steps/stages.hpp"

namespace mta_sts::steps {
namespace {

using std::chrono::sys_seconds;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::any_of(names, [&](const auto& one) { return ascii::equals_ignoring_case(one, name); });
}

bool is_host(const std::string& pattern) {
  return !pattern.starts_with("*.");
}

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    all += (all.empty() ? "" : ", ") + text::escape_for_display(name, 255);
  }
  return all;
}

class Move {
 public:
  Move(const Situation& situation, const Plan& plan, const RolloutWish& wish)
      : situation_(situation),
        live_(situation.live),
        plan_(plan),
        wish_(wish),
        now_(situation.now),
        policy_(policy_of(*present_of(situation.periods))) {}

  std::vector<Stage> run() {
    if (!wish_.new_mx.empty()) {
      stages_.push_back(new_mx());
      stages_.push_back(old_copies());
    }
    stages_.push_back(mx_records());
    if (!wish_.old_mx.empty()) {
      stages_.push_back(old_mx());
    }
    return std::move(stages_);
  }

 private:
  Stage new_mx() const {
    if (names_all(policy_.mx, wish_.new_mx)) {
      return done_stage(StageName::new_mx);
    }
    Policy wider = policy_;
    wider.mx.insert(wider.mx.end(), wish_.new_mx.begin(), wish_.new_mx.end());
    Stage stage{.name = StageName::new_mx,
                .state = StepState::to_do,
                .detail = "the policy names " + listed(wish_.new_mx) + " too",
                .earliest = now_};
    stage.policy = next_policy(situation_.periods, live_, wider);
    return stage;
  }

  Stage old_copies() const {
    const sys_seconds refused = refused_until(situation_.periods, wish_.new_mx, now_);
    Gate gate;
    if (!is_done_before()) {
      gate.add(StepState::not_yet, "after the stage above");
    }
    for (const PlanStep& step : plan_.steps) {
      const bool is_of_copies = step.name == StepName::serve || step.name == StepName::announce;
      if (is_done_before() && is_of_copies && step.state != StepState::done) {
        gate.add(step.state == StepState::to_do ? StepState::not_yet : step.state,
                 "the new policy first, " + std::string(to_string(step.name)) + ": " + step.detail);
      }
    }
    if (is_done_before()) {
      gate.wait_for(refused, now_,
                    "senders that do not see the new id may hold a policy that refuses the new hosts until");
    }
    Stage stage = gate.stage_of(StageName::old_copies, "");
    stage.state = stage.state == StepState::to_do ? StepState::done : stage.state;
    stage.earliest = std::max(refused, now_);
    return stage;
  }

  Stage mx_records() const {
    if (live_.mail_hosts.known != Known::yes) {
      return {.name = StageName::mx_records,
              .state = live_.mail_hosts.known == Known::no ? StepState::at_fault : StepState::not_known,
              .detail = live_.mail_hosts.detail};
    }
    std::vector<std::string> missing;
    std::ranges::copy_if(wish_.new_mx, std::back_inserter(missing),
                         [this](const std::string& mx) { return is_host(mx) && !contains(live_.mx, mx); });
    std::vector<std::string> left;
    std::ranges::copy_if(live_.mx, std::back_inserter(left),
                         [this](const std::string& mx) { return !is_wanted(mx); });
    if (missing.empty() && left.empty()) {
      return done_stage(StageName::mx_records);
    }
    const std::string what = (missing.empty() ? "" : "add MX records for " + listed(missing)) +
                             (missing.empty() || left.empty() ? "" : ", ") +
                             (left.empty() ? "" : "remove the MX records of " + listed(left));
    const bool is_next = is_done_before();
    return {.name = StageName::mx_records,
            .state = is_next ? StepState::to_do : StepState::not_yet,
            .detail = what + (is_next ? "" : "; after the stages above"),
            .earliest = stages_.empty() ? now_ : stages_.back().earliest.value_or(now_)};
  }

  // A sender that still has the old MX records would refuse them at once.
  Stage old_mx() const {
    const auto goes = [this](const std::string& mx) { return contains(wish_.old_mx, mx); };
    const auto wide = std::ranges::find_if(policy_.mx, [&](const std::string& mx) {
      return !is_host(mx) && !goes(mx) && std::ranges::any_of(wish_.old_mx, [&](const std::string& old) {
        return is_host(old) && names_all({mx}, {old});
      });
    });
    if (wide != policy_.mx.end()) {
      return {.name = StageName::old_mx,
              .state = StepState::at_fault,
              .detail = "the policy still names what is to go by its pattern " + *wide +
                        ": name the other hosts with --add-mx, then drop the pattern"};
    }
    if (std::ranges::none_of(policy_.mx, goes)) {
      return done_stage(StageName::old_mx);
    }
    Policy narrower = policy_;
    std::erase_if(narrower.mx, goes);
    Stage stage{.name = StageName::old_mx, .state = StepState::to_do, .detail = {}};
    if (narrower.mx.empty() && wish_.new_mx.empty()) {
      stage.state = StepState::at_fault;
      stage.detail = "the policy would name no host any more";
      return stage;
    }
    stage.detail = "the policy no longer names " + listed(wish_.old_mx) +
                   ", once the TTL of the removed MX records is over";
    if (!is_done_before()) {
      stage.state = StepState::not_yet;
      stage.detail += "; after the stages above";
    } else if (!names_all(narrower.mx, live_.mx)) {
      stage.state = StepState::at_fault;
      stage.detail = "a mail host of DNS would be named no longer";
    } else if (!wish_.new_mx.empty()) {
      stage.state = StepState::not_yet;
      stage.detail += ": a call of its own, with --drop-mx alone";
    } else {
      stage.policy = next_policy(situation_.periods, live_, narrower);
    }
    return stage;
  }

  // Left out of what a domain has now are those that are to go, and whatever their patterns name.
  bool is_wanted(const std::string& mx) const {
    return !names_all(wish_.old_mx, {mx}) || names_all(wish_.new_mx, {mx});
  }

  bool is_done_before() const {
    return std::ranges::all_of(stages_, [](const Stage& s) { return s.state == StepState::done; });
  }

  const Situation& situation_;
  const Live& live_;
  const Plan& plan_;
  const RolloutWish& wish_;
  sys_seconds now_;
  Policy policy_;
  std::vector<Stage> stages_;
};

}  // namespace

std::vector<Stage> stages_of_move(const Situation& situation, const Plan& plan, const RolloutWish& wish) {
  const store::ServedPeriod* present = present_of(situation.periods);
  if (present == nullptr || present->mode == Mode::none) {
    return {{.name = wish.new_mx.empty() ? StageName::old_mx : StageName::new_mx,
             .state = StepState::at_fault,
             .detail = "no policy names mail hosts yet: publish one first, with the present hosts"}};
  }
  return Move(situation, plan, wish).run();
}

}  // namespace mta_sts::steps
