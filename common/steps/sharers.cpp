#include "steps/sharers.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "policy/mx_match.hpp"
#include "policy/parse_policy.hpp"
#include "steps/stages.hpp"

namespace mta_sts::steps {
namespace {

void judge_sharer(Gate& gate, const Policy& policy, const Sharer& sharer, bool asks_tls) {
  const Live& live = sharer.live;
  const std::string who = sharer.domain + ", which has this policy too: ";
  if (live.mail_hosts.known == Known::not_known) {
    gate.add(StepState::not_known, who + live.mail_hosts.detail);
  }
  for (const std::string& mx : live.mx) {
    if (!matches_mx(policy.mx, mx)) {
      gate.add(StepState::at_fault,
               who + "the policy would not name its mail host " + text::escape_for_display(mx, 255));
    }
  }
  if (sharer.reports.known == Known::no) {
    gate.add(StepState::at_fault, who + sharer.reports.detail);
  }
  if (!asks_tls || live.mail_hosts.known != Known::yes) {
    return;
  }
  if (live.mail_tls.known == Known::no) {
    gate.add(StepState::at_fault, who + "senders would refuse a mail host: " + live.mail_tls.detail);
  } else if (live.mail_tls.known == Known::not_known && sharer.reports.known != Known::yes) {
    gate.add(StepState::not_known, who + "the TLS of its mail hosts: " + live.mail_tls.detail);
  }
}

}  // namespace

bool concerns_sharers(const Stage& stage) {
  return stage.policy && (stage.name == StageName::enforce || stage.name == StageName::old_mx);
}

void judge_sharers(Stage& stage, const std::vector<Sharer>& sharers, bool asks_tls) {
  const auto policy = stage.policy ? parse_policy(stage.policy->published.body, Reading::sender)
                                   : std::expected<Policy, PolicyError>(std::unexpect);
  if (!policy) {
    return;
  }
  Gate gate;
  for (const Sharer& sharer : sharers) {
    judge_sharer(gate, *policy, sharer, asks_tls);
  }
  const Stage judged = gate.stage_of(stage.name, stage.detail);
  if (judged.state != StepState::to_do) {
    stage.state = judged.state;
    stage.detail = judged.detail;
  }
}

}  // namespace mta_sts::steps
