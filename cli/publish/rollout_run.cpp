#include "cli/publish/rollout_run.hpp"

#include <algorithm>
#include <utility>

#include "check/facts.hpp"
#include "cli/publish/policy_sharers.hpp"
#include "cli/store/opened_store.hpp"
#include "cli/tlsrpt/tlsrpt_history.hpp"
#include "steps/sharers.hpp"
#include "steps/sightings.hpp"

namespace mta_sts::cli {
namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;
using steps::StageName;
using steps::StepState;

class RolloutCommand {
 public:
  RolloutCommand(RolloutRun& run, PublishRequest request) : run_(run), jobs_(1) {
    job().request = std::move(request);
    run_.publish.on_facts = [this](std::size_t, const check::Facts& facts) { facts_ = facts; };
  }

  std::expected<RolloutJob, PublishFault> run() {
    if (auto done = look_at_jobs(run_.publish, jobs_); !done || job().fault) {
      return std::unexpected(done ? *std::move(job().fault) : done.error());
    }
    if (auto done = keep_sighting(); !done) {
      return std::unexpected(done.error());
    }
    find_past();
    if (auto done = ask_of_enforce(); !done) {
      return std::unexpected(done.error());
    }
    if (auto done = ask_sharers(); !done) {
      return std::unexpected(done.error());
    }
    const steps::Stage* next = result_.rollout.next();
    const bool has_change = next != nullptr && next->state == StepState::to_do &&
                            (next->policy || next->name == StageName::removal);
    if (run_.apply && has_change) {
      if (auto done = change(*next); !done) {
        return std::unexpected(done.error());
      }
    }
    result_.publish = std::move(job());
    return std::move(result_);
  }

 private:
  using Done = std::expected<void, PublishFault>;

  // What is seen now counts with the next call, as with `check`.
  Done keep_sighting() {
    if (!run_.history || !facts_) {
      return {};
    }
    if (const auto added = run_.history->add(*facts_); !added) {
      return std::unexpected(PublishFault{.word = std::string(added.error().word.text()),
                                          .detail = added.error().detail,
                                          .exit_code = ExitCode::wrong_use});
    }
    return {};
  }

  // A policy that the store does not serve, and did not, comes from elsewhere.
  void find_past() {
    steps::Situation& situation = job().situation;
    const bool is_from_elsewhere = !steps::unknown_bodies(situation.periods, situation.live).empty();
    situation.is_stored =
        steps::present_of(situation.periods) != nullptr || (!situation.periods.empty() && !is_from_elsewhere);
    if (!situation.is_stored) {
      steps::Past past = steps::past_of(facts_ ? facts_->history : std::vector<check::HistoryEntry>(),
                                        situation.live, run_.served_since, situation.now);
      situation.periods.insert(situation.periods.end(), past.periods.begin(), past.periods.end());
      result_.not_known = std::move(past.not_known);
    }
    work_out();
  }

  void work_out() {
    const steps::Situation& situation = job().situation;
    job().plan = steps::is_plan_of_wish(situation, run_.wish) ? steps::plan_of(situation) : steps::Plan();
    result_.rollout = steps::rollout_of(situation, job().plan, run_.wish, result_.reports);
  }

  // Reports have a say where enforce is next or reached, and mail hosts where it is next.
  Done ask_of_enforce() {
    const steps::Stage* next = result_.rollout.next();
    const bool is_next = next != nullptr && next->name == StageName::enforce;
    const bool is_reached = next == nullptr && run_.wish.goal == steps::Goal::enforce && !run_.wish.is_move();
    if (!is_next && !is_reached) {
      return {};
    }
    auto reports = reports_of(job().request.domain);
    if (!reports) {
      return std::unexpected(reports.error());
    }
    result_.reports = *std::move(reports);
    if (is_reached) {
      work_out();
      return {};
    }
    if (auto done = ask_again(with_mail_hosts(), jobs_); !done) {
      return done;
    }
    work_out();
    return {};
  }

  // What refuses mail refuses it for every domain that has the policy.
  Done ask_sharers() {
    const auto at = std::ranges::find_if(result_.rollout.stages,
                                         [](const auto& stage) { return stage.state != StepState::done; });
    if (at == result_.rollout.stages.end() || at->state != StepState::to_do || !job().record ||
        !steps::concerns_sharers(*at)) {
      return {};
    }
    const auto names = policy_sharers(run_.publish.store_path, job().request.domain);
    if (!names) {
      return std::unexpected(fault_of_store(names.error()));
    }
    if (names->size() > sharers_limit) {
      at->state = StepState::at_fault;
      at->detail = "more than " + std::to_string(sharers_limit) +
                   " other domains have this policy, too many to look at: check them with 'mta-sts check "
                   "--from', then store it with 'mta-sts store'";
      return {};
    }
    std::vector<PublishJob> others(names->size());
    for (std::size_t i = 0; i < others.size(); ++i) {
      others[i].request.domain = (*names)[i];
    }
    const bool asks_tls = at->name == StageName::enforce;
    PublishRun asked = asks_tls ? with_mail_hosts() : run_.publish;
    asked.on_facts = {};
    if (auto done = ask_again(asked, others); !done) {
      return done;
    }
    std::vector<steps::Sharer> sharers;
    for (PublishJob& other : others) {
      auto reports = reports_of(other.request.domain);
      if (!reports) {
        return std::unexpected(reports.error());
      }
      sharers.push_back({other.request.domain, std::move(other.situation.live), *std::move(reports)});
    }
    steps::judge_sharers(*at, sharers, asks_tls);
    return {};
  }

  std::expected<steps::NetworkAnswer, PublishFault> reports_of(const std::string& domain) const {
    auto reports = judge_reports(run_.reports, domain, first_reported_day());
    if (!reports) {
      return std::unexpected(PublishFault{.word = std::string(to_string(reports.error().code)),
                                          .detail = reports.error().detail,
                                          .exit_code = exit_code_of(to_string(reports.error().code))});
    }
    return *std::move(reports);
  }

  PublishRun with_mail_hosts() const {
    PublishRun run = run_.publish;
    run.network.gather.publishing_only = false;
    run.network.gather.helo_name = run_.helo_name;
    return run;
  }

  // Reports of the days before the test are of another policy.
  sys_days first_reported_day() const {
    const steps::Situation& situation = job().situation;
    const auto since = std::chrono::floor<std::chrono::days>(steps::tested_since(situation.periods, 0));
    const auto today = std::chrono::floor<std::chrono::days>(situation.now);
    return std::max(since, today - run_.wish.testing_days);
  }

  Done change(const steps::Stage& stage) {
    if (auto refused = why_not_here(stage)) {
      return std::unexpected(*std::move(refused));
    }
    if (run_.wish.goal == steps::Goal::none && !run_.wish.is_move()) {
      job().request.remove = true;
    } else {
      job().policy = MadePolicy{stage.policy->published, stage.policy->serial};
    }
    job().is_as_seen = true;
    if (auto done = change_jobs(run_.publish, jobs_); !done || job().fault) {
      return std::unexpected(done ? *std::move(job().fault) : done.error());
    }
    job().situation.is_stored = true;
    work_out();
    return {};
  }

  // What this store does not serve, or serves to other domains too, is changed where it is.
  std::optional<PublishFault> why_not_here(const steps::Stage& stage) const {
    const std::string& domain = job().request.domain;
    if (!job().situation.is_stored && steps::present_of(job().situation.periods) != nullptr) {
      return PublishFault{
          .word = "domain-not-stored",
          .detail = domain +
                    " has a policy that does not come from this store; change it where it is, "
                    "or store it first with 'mta-sts publish'"};
    }
    const bool is_shared = job().record && job().record->kind != store::RecordKind::policy;
    if (is_shared && run_.wish.goal != steps::Goal::none) {
      std::string words;
      for (const std::string& word : stage.policy->words) {
        words += " " + word;
      }
      const bool is_profile = job().record->kind == store::RecordKind::profile;
      return PublishFault{
          .word = "policy-shared",
          .detail = domain + (is_profile ? " has the policy of the profile " : " is an alias of ") +
                    job().record->target +
                    (is_profile ? "; change it for all of its domains with 'mta-sts store profile " +
                                      job().record->target + words + "'"
                                : "; roll out that domain")};
    }
    return std::nullopt;
  }

  PublishJob& job() { return jobs_.front(); }
  [[nodiscard]] const PublishJob& job() const { return jobs_.front(); }

  RolloutRun& run_;
  std::vector<PublishJob> jobs_;
  std::optional<check::Facts> facts_;
  RolloutJob result_;
};

}  // namespace

std::expected<RolloutJob, PublishFault> run_rollout(RolloutRun& run, PublishRequest request) {
  return RolloutCommand(run, std::move(request)).run();
}

}  // namespace mta_sts::cli
