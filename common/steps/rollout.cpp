#include "steps/rollout.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "policy/parse_policy.hpp"
#include "steps/stages.hpp"

namespace mta_sts::steps {
namespace {

using std::chrono::sys_seconds;

constexpr std::uint64_t two_weeks_seconds = 2 * week_seconds;

class Way {
 public:
  Way(const Situation& situation, const Plan& plan, const RolloutWish& wish, const NetworkAnswer& reports)
      : situation_(situation),
        live_(situation.live),
        plan_(plan),
        wish_(wish),
        reports_(reports),
        present_(present_of(situation.periods)),
        now_(situation.now) {}

  // None and testing have a day for what is wrong at once, then a week, then enforce has two.
  std::vector<Stage> up() {
    const bool is_tested = mode() == Mode::testing;
    const bool is_enforced = mode() == Mode::enforce;
    if (is_enforced && wish_.goal == Goal::testing) {
      return {back_stage(), later(StageName::testing_week, now_ + first_testing_days)};
    }
    const bool is_long = is_enforced || (is_tested && present_->max_age_seconds >= week_seconds);
    std::vector<Stage> stages;
    stages.push_back(is_tested || is_enforced ? done_stage(StageName::testing_day) : first_stage());
    stages.push_back(is_long     ? done_stage(StageName::testing_week)
                     : is_tested ? second_stage()
                                 : later(StageName::testing_week, now_ + first_testing_days));
    if (wish_.goal == Goal::enforce) {
      stages.push_back(
          is_long ? last_stage()
                  : later(StageName::enforce, stages.back().earliest.value_or(now_) + wish_.testing_days));
    }
    return stages;
  }

  std::vector<Stage> away() {
    const sys_seconds held = old_copies_until(situation_.periods);
    if (present_ == nullptr) {
      return gone();
    }
    if (mode() != Mode::none) {
      Stage none = ready(StageName::none, "serve mode none, then announce its id");
      none.policy =
          next_policy(situation_.periods, live_,
                      {.mode = Mode::none, .mx = {}, .max_age_seconds = day_seconds, .extensions = {}});
      const auto kept = std::chrono::seconds(std::min(present_->max_age_seconds, max_age_limit_seconds));
      return {std::move(none), later(StageName::removal, std::max(held, now_ + kept))};
    }
    Gate gate;
    gate.wait_for(held, now_, "senders may hold an older policy until");
    switch (next_withdrawal(situation_.periods, live_, now_)) {
      case Withdrawal::wait:
        if (is_old_policy_served(live_)) {
          gate.add(StepState::not_yet, "the old policy is still served, so no copy of it ages");
        }
        break;
      case Withdrawal::not_known:
        gate.add(StepState::not_known, live_.served.detail);
        break;
      case Withdrawal::nothing:
      case Withdrawal::put_none:
      case Withdrawal::remove:
        break;
    }
    return {done_stage(StageName::none),
            gate.stage_of(StageName::removal, "remove the policy, and its record from DNS")};
  }

 private:
  // Without a policy: whatever the plan has against the removal of its records stands against the stage.
  std::vector<Stage> gone() const {
    const PlanStep* open = plan_.next();
    if (open == nullptr || open->name != StepName::wait) {
      return {done_stage(StageName::none), done_stage(StageName::removal)};
    }
    const sys_seconds held = std::max(old_copies_until(situation_.periods), now_);
    return {{.name = StageName::none, .state = open->state, .detail = open->detail, .earliest = now_},
            later(StageName::removal, held)};
  }

  Mode mode() const { return present_ == nullptr ? Mode::none : present_->mode; }

  Stage ready(StageName name, std::string what) const {
    return {.name = name, .state = StepState::to_do, .detail = std::move(what), .earliest = now_};
  }

  // One whose turn comes after another's.
  Stage later(StageName name, sys_seconds earliest) const {
    return {
        .name = name, .state = StepState::not_yet, .detail = "after the stage above", .earliest = earliest};
  }

  Stage brought(Stage stage, Mode mode, std::vector<std::string> mx, std::uint64_t max_age_seconds) const {
    Policy policy = present_ == nullptr ? Policy() : policy_of(*present_);
    policy.mode = mode;
    policy.mx = std::move(mx);
    policy.max_age_seconds = max_age_seconds;
    stage.policy = next_policy(situation_.periods, live_, policy);
    return stage;
  }

  Stage first_stage() const {
    if (live_.mail_hosts.known != Known::yes || !live_.has_mx_record) {
      const bool is_unknown = live_.mail_hosts.known == Known::not_known;
      return {.name = StageName::testing_day,
              .state = is_unknown ? StepState::not_known : StepState::at_fault,
              .detail = live_.mail_hosts.known != Known::yes
                            ? live_.mail_hosts.detail
                            : "there is no MX record; set one, or store a policy that names the host"};
    }
    // DNS takes any bytes; in a policy some would end the line.
    if (const auto wrong = unusable_mx(live_)) {
      return {.name = StageName::testing_day,
              .state = StepState::at_fault,
              .detail = "a policy cannot name the mail host " + text::quote_for_display(*wrong, 255)};
    }
    std::vector<std::string> mx = live_.mx;
    std::ranges::for_each(mx, [](std::string& name) { name = ascii::to_lower(name); });
    return brought(ready(StageName::testing_day, "a policy to test, of the hosts that take the mail now"),
                   Mode::testing, std::move(mx), day_seconds);
  }

  Stage second_stage() const {
    Gate gate;
    gate.add_plan(plan_);
    gate.wait_for(tested_since(situation_.periods, 0) + first_testing_days, now_, "test until");
    return brought(gate.stage_of(StageName::testing_week, "test for longer"), Mode::testing,
                   policy_of(*present_).mx, week_seconds);
  }

  Stage last_stage() const {
    const bool is_enforced = mode() == Mode::enforce;
    if (is_enforced && !is_max_age_short(Mode::enforce, present_->max_age_seconds)) {
      return reports_.known == Known::no ? failing_stage() : done_stage(StageName::enforce);
    }
    Gate gate;
    gate.add_plan(plan_);
    if (!is_enforced) {
      gate.wait_for(tested_since(situation_.periods, week_seconds) + wish_.testing_days, now_, "test until");
    }
    ask_mail_hosts(gate);
    ask_reports(gate);
    return brought(gate.stage_of(StageName::enforce, "enforce it"), Mode::enforce, policy_of(*present_).mx,
                   two_weeks_seconds);
  }

  // The goal was reached, and mail fails.
  Stage failing_stage() const {
    return {.name = StageName::enforce,
            .state = StepState::at_fault,
            .detail = reports_.detail + "; --to testing is the way back"};
  }

  // Where nobody can connect to port 25 from here, reports vouch for it.
  void ask_mail_hosts(Gate& gate) const {
    if (live_.mail_tls.known == Known::no) {
      gate.add(StepState::at_fault, "senders would refuse a mail host: " + live_.mail_tls.detail);
    } else if (live_.mail_tls.known == Known::not_known && reports_.known != Known::yes) {
      gate.add(StepState::not_known, "the TLS of the mail hosts: " + live_.mail_tls.detail);
    }
  }

  void ask_reports(Gate& gate) const {
    if (reports_.known == Known::no) {
      gate.add(StepState::at_fault, reports_.detail);
    } else if (reports_.known == Known::not_known && !wish_.without_reports) {
      const bool is_asked_for = live_.reports.outcome == TxtOutcome::ok;
      gate.add(
          StepState::not_yet,
          reports_.detail +
              (live_.is_asked && !is_asked_for ? "; no record asks senders for reports, see --rua" : "") +
              "; --without-reports goes on without them");
    }
  }

  // The way back is never held up: mail waits while it is.
  Stage back_stage() const {
    const auto kept = std::chrono::seconds(std::min(present_->max_age_seconds, max_age_limit_seconds));
    return brought(ready(StageName::testing_day,
                         "back to testing; senders that do not see the new id may enforce until " +
                             utc_text(std::max(old_copies_until(situation_.periods), now_ + kept))),
                   Mode::testing, policy_of(*present_).mx, day_seconds);
  }

  const Situation& situation_;
  const Live& live_;
  const Plan& plan_;
  const RolloutWish& wish_;
  const NetworkAnswer& reports_;
  const store::ServedPeriod* present_;
  sys_seconds now_;
};

}  // namespace

std::string_view to_string(StageName name) {
  switch (name) {
    case StageName::testing_day:
      return "testing-day";
    case StageName::testing_week:
      return "testing-week";
    case StageName::enforce:
      return "enforce";
    case StageName::none:
      return "none";
    case StageName::removal:
      return "removal";
    case StageName::new_mx:
      return "new-mx";
    case StageName::old_copies:
      return "old-copies";
    case StageName::mx_records:
      return "mx-records";
    case StageName::old_mx:
      break;
  }
  return "old-mx";
}

std::string_view to_string(Goal goal) {
  switch (goal) {
    case Goal::enforce:
      return "enforce";
    case Goal::testing:
      return "testing";
    case Goal::none:
      break;
  }
  return "none";
}

const Stage* Rollout::next() const {
  const auto open = std::ranges::find_if(stages, [](const Stage& s) { return s.state != StepState::done; });
  return open == stages.end() ? nullptr : &*open;
}

std::string_view Rollout::state(const Plan& plan) const {
  const Stage* open = next();
  if (open == nullptr || plan.state() == "at-fault") {
    return plan.state();
  }
  switch (open->state) {
    case StepState::at_fault:
      return "at-fault";
    case StepState::waiting:  // with something else to do meanwhile
      return plan.next() == nullptr ? "waiting" : plan.state();
    case StepState::not_known:
      return "not-known";
    case StepState::done:
    case StepState::to_do:
    case StepState::not_yet:
      break;
  }
  return "pending";
}

bool is_plan_of_wish(const Situation& situation, const RolloutWish& wish) {
  const store::ServedPeriod* present = present_of(situation.periods);
  const bool withdraws = present == nullptr || present->mode == Mode::none;
  return withdraws == (!wish.is_move() && wish.goal == Goal::none);
}

Rollout rollout_of(const Situation& situation, const Plan& plan, const RolloutWish& wish,
                   const NetworkAnswer& reports) {
  if (!situation.is_stored && present_of(situation.periods) == nullptr &&
      situation.live.served.known == Known::not_known) {
    return {{{.name = wish.is_move()            ? StageName::mx_records
                      : wish.goal == Goal::none ? StageName::none
                                                : StageName::testing_day,
              .state = StepState::not_known,
              .detail = "the policy is in no store, and what is served: " + situation.live.served.detail}}};
  }
  if (wish.is_move()) {
    return {stages_of_move(situation, plan, wish)};
  }
  Way way(situation, plan, wish, reports);
  return {wish.goal == Goal::none ? way.away() : way.up()};
}

}  // namespace mta_sts::steps
