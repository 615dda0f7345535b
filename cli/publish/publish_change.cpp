#include "cli/publish/publish_change.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "cli/store/opened_store.hpp"
#include "policy/mx_match.hpp"
#include "policy/parse_policy.hpp"
#include "steps/next_policy.hpp"

namespace mta_sts::cli {
namespace {

using steps::Known;
using store::StoreErrorCode;

// What the store says of one domain is that domain's fault; all else is the store's.
bool is_of_domain(StoreErrorCode code) {
  return code == StoreErrorCode::no_domain || code == StoreErrorCode::no_profile ||
         code == StoreErrorCode::in_use || code == StoreErrorCode::alias_of_alias;
}

PublishFault to_publish_fault(const store::StoreError& error) {
  return {.word = std::string(to_string(error.code)),
          .detail = error.detail,
          .exit_code = exit_code_of(error.code)};
}

void refuse(PublishJob& job, Fault fault, ExitCode exit_code) {
  job.fault = {
      .word = std::string(fault.word.text()), .detail = std::move(fault.detail), .exit_code = exit_code};
}

bool has_mx_words(const PublishRequest& request) {
  return std::ranges::any_of(request.words, [](const std::string& word) {
    return word.starts_with("mx=") || word.starts_with("file=");
  });
}

// An MX that cannot be looked up, or that is the domain itself by default alone, is nothing to build on.
bool has_usable_mx(PublishJob& job) {
  const steps::Live& live = job.situation.live;
  if (live.mail_hosts.known == Known::yes && live.has_mx_record) {
    return true;
  }
  const bool is_known = live.mail_hosts.known != Known::not_known;
  refuse(job,
         Fault{"mx-not-known", job.request.domain + ": " +
                                   (live.mail_hosts.known == Known::yes
                                        ? "there is no MX record; set one, or name the host with mx="
                                        : live.mail_hosts.detail) +
                                   "; nothing was stored"},
         is_known ? ExitCode::at_fault : ExitCode::temporary);
  return false;
}

void check_live_mx(PublishJob& job, std::string_view body) {
  const auto policy = parse_policy(body, Reading::sender);
  if (!policy || policy->mode == Mode::none) {
    return;
  }
  for (const std::string& mx : job.situation.live.mx) {
    if (!matches_mx(policy->mx, mx)) {
      refuse(job,
             Fault{"mx-not-covered", job.request.domain + ": the policy does not name the mail host " +
                                         text::quote_for_display(mx, 255) + "; nothing was stored"},
             ExitCode::at_fault);
      return;
    }
  }
}

void make_from_words(PublishJob& job) {
  std::vector<std::string> words = job.request.words;
  if (job.request.mx_auto && !has_mx_words(job.request) && words.front() != "none") {
    if (const auto wrong = steps::unusable_mx(job.situation.live)) {
      refuse(job,
             Fault{"mx-not-known", job.request.domain + ": a policy cannot name the mail host " +
                                       text::quote_for_display(*wrong, 255) + "; nothing was stored"},
             ExitCode::at_fault);
      return;
    }
    for (const std::string& mx : job.situation.live.mx) {
      words.push_back("mx=" + mx);
    }
  }
  auto made = make_policy(words);
  if (!made) {
    job.fault = {.word = std::string(made.error().word),
                 .detail = job.request.domain + ": " + made.error().detail,
                 .exit_code = made.error().exit_code};
    return;
  }
  job.policy = *std::move(made);
}

// For a day: RFC 8461 section 8.3.
MadePolicy none_of(const steps::Situation& situation) {
  steps::NextPolicy next =
      steps::next_policy(situation.periods, situation.live,
                         {.mode = Mode::none, .mx = {}, .max_age_seconds = day_seconds, .extensions = {}});
  return {std::move(next.published), next.serial};
}

void decide_removal(PublishJob& job) {
  const steps::Situation& situation = job.situation;
  switch (steps::next_withdrawal(situation.periods, situation.live, situation.now)) {
    case steps::Withdrawal::put_none:
      job.policy = none_of(situation);
      break;
    case steps::Withdrawal::remove:
      job.is_removal_due = true;
      break;
    case steps::Withdrawal::nothing:
    case steps::Withdrawal::wait:
    case steps::Withdrawal::not_known:
      break;
  }
}

// A policy that another server gave until now is one that senders hold: its time belongs to the history.
void keep_seen(PublishJob& job) {
  for (const std::string& body : steps::unknown_bodies(job.situation.periods, job.situation.live)) {
    const auto policy = parse_policy(body, Reading::sender);
    auto published = policy ? publish::publish_policy(*policy) : publish::PublishedPolicy();
    if (policy && (!job.policy || published.id != job.policy->policy.id)) {
      job.seen_before.push_back({std::move(published), 0});
    }
  }
}

store::StoreError not_there(const std::string& target) {
  return {StoreErrorCode::no_domain, target + " is not in the store; publish it before its aliases"};
}

store::StoreError changed_meanwhile(const std::string& domain) {
  return {StoreErrorCode::busy, domain + " was changed by another command meanwhile; run this one again"};
}

// Whether the store still has what was looked at: a policy that came meanwhile is never removed.
bool is_as_seen(const std::optional<store::RecordView>& present, const PublishJob& job) {
  if (!present || !job.record) {
    return !present && !job.record;
  }
  return present->kind == job.record->kind && present->since == job.record->since &&
         (present->kind == store::RecordKind::policy || present->text == job.record->target);
}

std::expected<void, store::StoreError> refused(PublishJob& job, const store::StoreError& error) {
  if (!is_of_domain(error.code)) {
    return std::unexpected(error);
  }
  job.fault = to_publish_fault(error);
  return {};
}

std::expected<void, store::StoreError> withdraw(PublishJob& job, store::StoreWriter& writer,
                                                std::chrono::sys_seconds now) {
  // First, since it refuses where aliases lead to the domain: their policy would go with it.
  const auto removed = writer.remove(store::Owner::domain, job.request.domain, now);
  if (!removed) {
    return refused(job, removed.error());
  }
  job.is_changed = *removed;
  return {};
}

}  // namespace

void decide_change(PublishJob& job) {
  if (job.request.mx_auto && !has_usable_mx(job)) {
    return;
  }
  if (job.request.remove) {
    decide_removal(job);
  } else if (!job.request.words.empty()) {
    make_from_words(job);
  } else if (!job.request.alias.empty() && job.other_body.empty()) {
    job.fault = to_publish_fault(not_there(job.request.alias));
  } else if (!job.policy && !job.request.takes_another() &&
             steps::present_of(job.situation.periods) == nullptr) {
    job.fault = to_publish_fault(
        {StoreErrorCode::no_domain,
         job.request.domain + " is not in the store; give a mode and mx=, --profile or --alias"});
  }
  if (!job.fault && job.request.mx_auto) {
    check_live_mx(job, job.policy ? std::string_view(job.policy->policy.body) : job.other_body);
  }
  const bool is_first = job.situation.periods.empty();
  if (!job.fault && has_change(job) && !job.is_removal_due && (job.request.remove || is_first)) {
    keep_seen(job);
  }
}

bool has_change(const PublishJob& job) {
  return job.policy || job.is_removal_due || job.request.takes_another();
}

std::expected<void, store::StoreError> apply_change(PublishJob& job, store::StoreWriter& writer,
                                                    std::chrono::sys_seconds now) {
  if (job.request.remove || job.is_as_seen) {
    const auto present = writer.find(store::Owner::domain, job.request.domain);
    if (!present) {
      return std::unexpected(present.error());
    }
    if (!is_as_seen(*present, job)) {
      job.fault = to_publish_fault(changed_meanwhile(job.request.domain));
      return {};
    }
  }
  if (job.request.remove) {
    if (auto withdrawn = withdraw(job, writer, now); !withdrawn || job.fault || job.is_removal_due) {
      return withdrawn;
    }
  }
  if (!job.request.profile.empty()) {  // before anything is put in, as it would stay
    const auto profile = writer.find(store::Owner::profile, job.request.profile);
    if (!profile || !*profile) {
      return refused(job, !profile ? profile.error()
                                   : store::StoreError{StoreErrorCode::no_profile,
                                                       "there is no profile " +
                                                           text::quote_for_display(job.request.profile)});
    }
  }
  if (!job.request.alias.empty()) {
    const auto other = writer.find(store::Owner::domain, job.request.alias);
    if (!other) {
      return std::unexpected(other.error());
    }
    if (!*other) {
      return refused(job, not_there(job.request.alias));
    }
    if ((*other)->kind == store::RecordKind::alias) {
      return refused(job, {StoreErrorCode::alias_of_alias, job.request.alias + " is an alias itself"});
    }
  }
  const auto put = [&](const store::RecordView& record) -> std::expected<void, store::StoreError> {
    const auto changed = writer.put(store::Owner::domain, job.request.domain, record);
    if (!changed) {
      return refused(job, changed.error());
    }
    job.is_changed = *changed;
    return {};
  };
  for (const MadePolicy& seen : job.seen_before) {
    if (auto kept = put(store::record_of(seen.policy, seen.serial, now)); !kept || job.fault) {
      return kept;
    }
  }
  if (job.policy) {
    return put(store::record_of(job.policy->policy, job.policy->serial, now));
  }
  store::RecordView record;
  const bool is_alias = !job.request.alias.empty();
  record.kind = is_alias ? store::RecordKind::alias : store::RecordKind::profile;
  record.since = now;
  record.text = is_alias ? job.request.alias : job.request.profile;
  return put(record);
}

}  // namespace mta_sts::cli
