#include "cli/publish/publish_batch.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "cli/progress.hpp"
#include "cli/publish/old_sightings.hpp"
#include "cli/publish/policy_sharers.hpp"
#include "cli/publish/publish_change.hpp"
#include "cli/store/opened_store.hpp"
#include "idna/idna.hpp"
#include "steps/live.hpp"

namespace mta_sts::cli {
namespace {

using Done = std::expected<void, PublishFault>;

std::expected<void, store::StoreError> look_up(const store::SnapshotView& snapshot, PublishJob& job) {
  auto periods = store::periods_of_domain(snapshot, job.request.domain);
  const auto record = store::find_domain(snapshot, job.request.domain);
  if (!periods || !record) {
    return std::unexpected(!periods ? periods.error() : record.error());
  }
  job.situation.periods = *std::move(periods);
  job.record.reset();
  if (*record) {
    const bool is_policy = (*record)->kind == store::RecordKind::policy;
    job.record = {.kind = (*record)->kind,
                  .target = is_policy ? "" : std::string((*record)->text),
                  .since = (*record)->since};
    if (is_policy && !job.request.words.empty()) {
      auto aliases = policy_sharers(snapshot, job.request.domain);
      if (!aliases) {
        return std::unexpected(aliases.error());
      }
      job.aliases = *std::move(aliases);
    }
  }
  if (!job.request.profile.empty()) {
    const auto profile = store::find_profile(snapshot, job.request.profile);
    if (!profile) {
      return std::unexpected(profile.error());
    }
    job.other_body = *profile ? std::string((*profile)->text) : "";
  }
  if (!job.request.alias.empty()) {
    const auto others = store::periods_of_domain(snapshot, job.request.alias);
    if (!others) {
      return std::unexpected(others.error());
    }
    const store::ServedPeriod* present = steps::present_of(*others);
    job.other_body = present != nullptr ? present->body : "";
  }
  return {};
}

// A store that is not there yet has nothing of any domain.
Done read_store(const std::string& path, std::vector<PublishJob>& jobs) {
  const auto reader = store::StoreReader::open(path);
  if (!reader) {
    return reader.error().code == store::StoreErrorCode::missing
               ? Done()
               : std::unexpected(fault_of_store(reader.error()));
  }
  store::ReadSlot slot = (*reader)->slot();
  const auto snapshot = slot.begin();
  if (!snapshot) {
    return std::unexpected(fault_of_store(snapshot.error()));
  }
  for (PublishJob& job : jobs) {
    if (job.fault) {
      continue;
    }
    if (const auto found = look_up(*snapshot, job); !found) {
      job.fault = fault_of_store(found.error());
    }
  }
  return {};
}

// Asks about the jobs that `is_wanted` names, each of which then knows what is live.
template <typename Wanted>
Done look_at_network(const PublishRun& run, std::vector<PublishJob>& jobs, Wanted is_wanted) {
  std::vector<PublishJob*> asked;
  std::vector<CheckTarget> targets;
  for (PublishJob& job : jobs) {
    const auto domain = DomainName::parse(job.request.domain);
    if (!job.fault && domain && is_wanted(job)) {
      asked.push_back(&job);
      targets.push_back({.domain = *domain, .shown = job.request.domain, .remark = {}});
    }
  }
  if (run.offline || targets.empty()) {
    return {};
  }
  Progress progress("domains", targets.size());
  const auto gathered = gather_all(run.network, targets, [&](std::size_t index, const check::Facts& facts) {
    progress.step();
    asked[index]->situation.live = steps::live_of(facts);
    if (run.on_facts) {
      run.on_facts(static_cast<std::size_t>(asked[index] - jobs.data()), facts);
    }
  });
  if (!gathered) {
    return std::unexpected(PublishFault{.word = std::string(gathered.error().word.text()),
                                        .detail = gathered.error().detail,
                                        .exit_code = ExitCode::wrong_use});
  }
  return {};
}

// In the order in which they are applied: an alias has the policy that an earlier job gives to its target.
void decide_changes(std::vector<PublishJob>& jobs) {
  std::map<std::string_view, std::string_view> given;  // bodies of the domains that jobs change
  for (PublishJob& job : jobs) {
    if (job.fault) {
      continue;
    }
    if (const auto found = given.find(job.request.alias); found != given.end()) {
      job.other_body = found->second;
    }
    decide_change(job);
    if (!job.fault && has_change(job) && !job.is_removal_due) {
      given[job.request.domain] = job.policy ? job.policy->policy.body : job.other_body;
    }
  }
}

Done change_store(const std::string& path, std::vector<PublishJob>& jobs) {
  std::size_t room_bytes = 0;
  bool is_wanted = false;
  for (const PublishJob& job : jobs) {
    if (!job.fault && has_change(job)) {
      is_wanted = true;
      room_bytes +=
          job.policy ? job.policy->policy.body.size() : job.request.profile.size() + job.request.alias.size();
    }
  }
  if (!is_wanted) {
    return {};
  }
  auto writer = store::StoreWriter::begin(path, store::Creation::if_missing, room_bytes);
  if (!writer) {
    return std::unexpected(fault_of_store(writer.error()));
  }
  const auto now = SystemClock().now();
  for (PublishJob& job : jobs) {
    if (job.fault || !has_change(job)) {
      continue;
    }
    if (const auto applied = apply_change(job, *writer, now); !applied) {
      return std::unexpected(fault_of_store(applied.error()));
    }
  }
  if (const auto committed = writer->commit(); !committed) {
    return std::unexpected(fault_of_store(committed.error()));
  }
  return {};
}

// What is served still counts for every time that is waited for.
Done keep_sightings(const PublishRun& run, std::vector<PublishJob>& jobs) {
  return keep_old_sightings(run.store_path, jobs) ? read_store(run.store_path, jobs) : Done();
}

// What is asked before the change: what it depends on, and what was served before the store served anything.
bool depends_on_network(const PublishJob& job) {
  return job.request.mx_auto || job.request.remove || job.situation.periods.empty();
}

bool is_every_job(const PublishJob&) {
  return true;
}

// Learns what the store has, and of the jobs that `is_wanted` names what is live.
template <typename Wanted>
Done begin(const PublishRun& run, std::vector<PublishJob>& jobs, Wanted is_wanted) {
  for (PublishJob& job : jobs) {
    job.situation.domain = job.request.domain;
    job.situation.desired = job.request.desired;
    job.situation.now = SystemClock().now();
  }
  const Done done = read_store(run.store_path, jobs);
  return done ? look_at_network(run, jobs, is_wanted) : done;
}

}  // namespace

PublishFault fault_of_store(const store::StoreError& error) {
  return {.word = std::string(to_string(error.code)),
          .detail = error.detail,
          .exit_code = exit_code_of(error.code)};
}

std::expected<void, PublishFault> look_at_jobs(const PublishRun& run, std::vector<PublishJob>& jobs) {
  const Done done = begin(run, jobs, is_every_job);
  return done ? keep_sightings(run, jobs) : done;
}

std::expected<void, PublishFault> ask_again(const PublishRun& run, std::vector<PublishJob>& jobs) {
  return look_at_network(run, jobs, is_every_job);
}

std::expected<void, PublishFault> change_jobs(const PublishRun& run, std::vector<PublishJob>& jobs) {
  decide_changes(jobs);
  Done done = change_store(run.store_path, jobs);
  if (done) {
    done = read_store(run.store_path, jobs);
  }
  if (done) {
    done = look_at_network(
        run, jobs, [](const PublishJob& job) { return job.is_changed || !job.situation.live.is_asked; });
  }
  if (done) {
    done = keep_sightings(run, jobs);
  }
  if (!done) {
    return done;
  }
  for (PublishJob& job : jobs) {
    if (!job.fault) {
      job.situation.now = SystemClock().now();
      job.plan = steps::plan_of(job.situation);
    }
  }
  return {};
}

std::expected<void, PublishFault> run_jobs(const PublishRun& run, std::vector<PublishJob>& jobs) {
  const Done done = begin(run, jobs, depends_on_network);
  return done ? change_jobs(run, jobs) : done;
}

}  // namespace mta_sts::cli
