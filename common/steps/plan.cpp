#include "steps/plan.hpp"

#include <algorithm>
#include <utility>

#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "policy/mx_match.hpp"
#include "policy/parse_policy.hpp"
#include "publish/record_line.hpp"
#include "steps/next_policy.hpp"
#include "steps/records.hpp"

namespace mta_sts::steps {
namespace {

PlanStep step_of(StepName name, StepState state, std::string detail = {}) {
  return {.name = name, .state = state, .detail = std::move(detail)};
}

// A plain answer as a step: what is not so is to be done.
PlanStep step_of(StepName name, const NetworkAnswer& answer) {
  const StepState state = answer.known == Known::yes  ? StepState::done
                          : answer.known == Known::no ? StepState::to_do
                                                      : StepState::not_known;
  return step_of(name, state, answer.detail);
}

std::string shown_names(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    all += (all.empty() ? "" : ", ") + text::escape_for_display(name, 255);
  }
  return all;
}

bool is_done(const PlanStep& step) {
  return step.state == StepState::done;
}

class Planner {
 public:
  explicit Planner(const Situation& situation)
      : situation_(situation), live_(situation.live), present_(present_of(situation.periods)) {
    plan_.warnings = warnings_of_ids(situation.periods);
    plan_.old_copies_until = old_copies_until(situation.periods);
  }

  Plan run() {
    if (present_ == nullptr) {
      plan_removed();
    } else if (present_->mode == Mode::none) {
      plan_withdrawal();
    } else {
      plan_publishing();
    }
    return std::move(plan_);
  }

 private:
  void plan_publishing() {
    add(host_step());
    add(certificate_step());
    add(serve_step());
    const bool can_be_fetched = std::ranges::all_of(
        plan_.steps, [](const PlanStep& step) { return is_done(step) || step.name == StepName::host; });
    add(mail_hosts_step());
    // While a sender holds the policy before, whatever that refuses stays refused: one that refuses no more
    // is announced at once, whatever else is wrong.
    const bool may_announce =
        can_be_fetched && (refuses_no_more() || std::ranges::all_of(plan_.steps, is_done));
    plan_.records = host_records(situation_);
    add_announcement(may_announce);
    if (!situation_.desired.rua.empty()) {
      add_reports();
    }
  }

  // Who sees the new id fetches mode none, and who does not keeps the old policy for its max_age.
  void plan_withdrawal() {
    add(serve_step());
    const bool may_announce = is_done(plan_.steps.back());
    add_announcement(may_announce);
    const bool is_over = situation_.now >= plan_.old_copies_until;
    if (!is_over) {
      add(wait_step());
      add(step_of(StepName::remove, StepState::not_yet, "only after that time"));
      return;
    }
    const bool is_served = is_old_policy_served(live_);
    add(is_served ? step_of(StepName::wait, StepState::not_yet,
                            "the old policy is still served, so no copy of it ages")
                  : step_of(StepName::wait, StepState::done));
    add(step_of(StepName::remove, is_served ? StepState::not_yet : StepState::to_do,
                situation_.is_stored ? "remove the domain from the store, and its record from DNS"
                                     : "remove the policy where it is kept, and its record from DNS"));
  }

  // Of a policy to enforce, what it does not name is refused; testing refuses nothing.
  bool refuses_no_more() const {
    if (present_->mode != Mode::enforce) {
      return true;
    }
    const auto announced = std::ranges::find_if(situation_.periods, [this](const auto& period) {
      return live_.record.outcome == TxtOutcome::ok && period.id == live_.record.id;
    });
    if (announced == situation_.periods.end() || announced->mode != Mode::enforce) {
      return false;
    }
    const std::vector<std::string> before = policy_of(*announced).mx;
    return !before.empty() && names_all(policy_of(*present_).mx, before);
  }

  // What stands against the removal of the records; done where nothing does.
  PlanStep removal_gate() const {
    if (situation_.now < plan_.old_copies_until) {
      return step_of(
          StepName::wait, StepState::at_fault,
          (situation_.is_stored ? "the domain left the store before that was safe: senders may hold "
                                  "its policy until "
                                : "senders may hold a policy until ") +
              utc_text(plan_.old_copies_until) + "; publish mode none again");
    }
    if (is_old_policy_served(live_)) {
      return step_of(StepName::wait, StepState::at_fault, "a policy that no store has is still served");
    }
    if (!situation_.periods.empty()) {
      return step_of(StepName::wait, StepState::done);
    }
    const std::string unknown =
        "no store had a policy of the domain, so nobody knows until when senders hold one";
    if (!live_.is_asked || live_.record.outcome == TxtOutcome::temp || live_.host.known == Known::not_known) {
      return step_of(StepName::wait, StepState::not_known, unknown);
    }
    if (live_.record.outcome != TxtOutcome::none || live_.record.candidates > 0) {
      return step_of(StepName::wait, StepState::at_fault,
                     unknown + ": 'mta-sts rollout --to none' says when its records may go");
    }
    return step_of(StepName::wait, StepState::done);
  }

  void plan_removed() {
    PlanStep gate = removal_gate();
    const bool is_safe = is_done(gate) && !situation_.periods.empty();
    if (!is_done(gate)) {
      add(std::move(gate));
    }
    const bool is_known = live_.is_asked && live_.record.outcome != TxtOutcome::temp;
    const bool is_gone = is_known && live_.record.outcome == TxtOutcome::none && live_.record.candidates == 0;
    add(step_of(StepName::remove_records,
                is_gone    ? StepState::done
                : !is_safe ? StepState::not_yet
                : is_known ? StepState::to_do
                           : StepState::not_known,
                is_gone                ? ""
                : !is_safe || is_known ? "remove " + record_name()
                                       : unknown_record()));
    plan_.records = records_to_remove(situation_, !is_safe   ? Due::later
                                                  : is_known ? Due::now
                                                             : Due::not_known);
  }

  PlanStep host_step() const {
    if (live_.host.known == Known::yes && !is_host_as_desired(live_, situation_.desired)) {
      return step_of(StepName::host, StepState::to_do, host_name() + " leads elsewhere, change its record");
    }
    PlanStep step = step_of(StepName::host, live_.host);
    const bool has_lines = !situation_.desired.host.empty() || !situation_.desired.addresses.empty();
    if (step.state == StepState::to_do && !has_lines) {
      step.detail += "; --host or --address gives its record";
    }
    return step;
  }

  PlanStep certificate_step() const {
    if (live_.host.known == Known::no) {
      return step_of(StepName::certificate, StepState::not_yet, host_name() + " has no address yet");
    }
    return step_of(StepName::certificate, live_.certificate);
  }

  PlanStep serve_step() const {
    if (live_.host.known == Known::no && present_->mode != Mode::none) {
      return step_of(StepName::serve, StepState::not_yet, host_name() + " has no address yet");
    }
    const bool is_other = std::ranges::any_of(
        live_.bodies, [this](const std::string& body) { return !means_the_same(body, *present_); });
    if (!is_other) {
      return step_of(StepName::serve, live_.served);
    }
    const bool is_announced = live_.record.outcome == TxtOutcome::ok && live_.record.id == present_->id;
    if (is_announced) {
      return step_of(StepName::serve, StepState::at_fault,
                     "the id is announced, but another policy is served, which senders now keep under it: "
                     "empty the caches in front, then store the policy with another serial=");
    }
    return step_of(StepName::serve, StepState::to_do,
                   situation_.is_stored ? "another policy is served: the web server must use this store, and "
                                          "caches in front of it must be emptied"
                                        : "the addresses serve several policies");
  }

  PlanStep mail_hosts_step() const {
    if (live_.mail_hosts.known == Known::not_known) {
      return step_of(StepName::mail_hosts, live_.mail_hosts);
    }
    if (live_.mail_hosts.known == Known::no) {
      return step_of(StepName::mail_hosts, StepState::at_fault, live_.mail_hosts.detail);
    }
    const auto policy = parse_policy(present_->body, Reading::sender);
    std::vector<std::string> left_out;
    std::ranges::copy_if(live_.mx, std::back_inserter(left_out),
                         [&](const std::string& mx) { return !policy || !matches_mx(policy->mx, mx); });
    if (left_out.empty()) {
      return step_of(StepName::mail_hosts, StepState::done);
    }
    return step_of(StepName::mail_hosts, StepState::at_fault,
                   "the policy does not name the mail host " + shown_names(left_out));
  }

  void add_announcement(bool may_announce) {
    RecordChange record{.name = record_name(),
                        .type = "TXT",
                        .values = {publish::record_value(present_->id)},
                        .due = may_announce     ? Due::now
                               : live_.is_asked ? Due::later
                                                : Due::not_known};
    if (!live_.is_asked || live_.record.outcome == TxtOutcome::temp) {
      add(step_of(StepName::announce, StepState::not_known, unknown_record()));
    } else if (live_.record.outcome == TxtOutcome::ok && live_.record.id == present_->id) {
      record.due = Due::done;
      add(step_of(StepName::announce, StepState::done));
    } else if (!live_.record_alias.empty()) {
      record.due = Due::later;
      add(step_of(StepName::announce, StepState::at_fault,
                  record_name() + " is an alias of " + text::escape_for_display(live_.record_alias, 255) +
                      ": the record must be set there, or the alias removed"));
    } else if (may_announce) {
      add(step_of(StepName::announce, StepState::to_do, "set the TXT record " + record_name()));
    } else {
      add(step_of(StepName::announce, StepState::not_yet, "after the steps above"));
    }
    plan_.records.push_back(std::move(record));
  }

  // The reports' record does not wait for the policy: it is of use with DANE too (RFC 8460 section 1).
  void add_reports() {
    const bool is_known = live_.is_asked && live_.reports.outcome != TxtOutcome::temp;
    const bool is_set = is_known && is_reports_as_desired(live_, situation_.desired);
    const std::string name = "_smtp._tls." + situation_.domain;
    add(step_of(StepName::reports,
                is_set     ? StepState::done
                : is_known ? StepState::to_do
                           : StepState::not_known,
                is_set     ? ""
                : is_known ? "set the TXT record " + name
                           : not_asked_or("the lookup of " + name + " fails")));
    plan_.records.push_back({.name = name,
                             .type = "TXT",
                             .values = {publish::tlsrpt_record_value(situation_.desired.rua)},
                             .due = is_set     ? Due::done
                                    : is_known ? Due::now
                                               : Due::not_known});
  }

  PlanStep wait_step() const {
    PlanStep step =
        step_of(StepName::wait, StepState::waiting,
                "senders may hold the old policy until " + utc_text(plan_.old_copies_until) +
                    (is_old_policy_served(live_) ? "; it is still served, so no copy of it ages" : ""));
    step.until = plan_.old_copies_until;
    return step;
  }

  std::string unknown_record() const { return not_asked_or("the lookup of " + record_name() + " fails"); }

  std::string not_asked_or(std::string failure) const {
    return live_.is_asked ? std::move(failure) : NetworkAnswer{}.detail;
  }

  std::string host_name() const { return "mta-sts." + situation_.domain; }
  std::string record_name() const { return "_mta-sts." + situation_.domain; }
  void add(PlanStep step) { plan_.steps.push_back(std::move(step)); }

  const Situation& situation_;
  const Live& live_;
  const store::ServedPeriod* present_;
  Plan plan_;
};

}  // namespace

std::string_view to_string(StepName name) {
  switch (name) {
    case StepName::host:
      return "host";
    case StepName::certificate:
      return "certificate";
    case StepName::serve:
      return "serve";
    case StepName::mail_hosts:
      return "mail-hosts";
    case StepName::announce:
      return "announce";
    case StepName::reports:
      return "reports";
    case StepName::wait:
      return "wait";
    case StepName::remove:
      return "remove";
    case StepName::remove_records:
      break;
  }
  return "remove-records";
}

std::string_view to_string(StepState state) {
  switch (state) {
    case StepState::done:
      return "done";
    case StepState::to_do:
      return "to-do";
    case StepState::waiting:
      return "waiting";
    case StepState::not_yet:
      return "not-yet";
    case StepState::not_known:
      return "not-known";
    case StepState::at_fault:
      break;
  }
  return "at-fault";
}

std::string_view to_string(Due due) {
  switch (due) {
    case Due::done:
      return "done";
    case Due::now:
      return "now";
    case Due::later:
      return "later";
    case Due::not_known:
      break;
  }
  return "not-known";
}

const PlanStep* Plan::next() const {
  const auto open = std::ranges::find_if_not(steps, is_done);
  return open == steps.end() ? nullptr : &*open;
}

std::string_view Plan::state() const {
  const auto has = [this](StepState state) {
    return std::ranges::find(steps, state, &PlanStep::state) != steps.end();
  };
  if (has(StepState::at_fault)) {
    return "at-fault";
  }
  const PlanStep* open = next();
  if (open == nullptr) {
    return "done";
  }
  if (has(StepState::not_known)) {
    return "not-known";
  }
  return open->state == StepState::waiting ? "waiting" : "pending";
}

Plan plan_of(const Situation& situation) {
  return Planner(situation).run();
}

}  // namespace mta_sts::steps
