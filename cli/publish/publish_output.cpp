#include "cli/publish/publish_output.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/utc_time.hpp"
#include "cli/policy/dns_records.hpp"
#include "steps/former.hpp"

namespace mta_sts::cli {
namespace {

using JsonObject = nlohmann::ordered_json;
using steps::Due;

std::string_view state_of(const PublishJob& job) {
  return job.fault ? (job.fault->exit_code == ExitCode::temporary ? "not-known" : "at-fault")
                   : job.plan.state();
}

RecordSet to_set(const steps::RecordChange& change) {
  return {.name = change.name, .type = change.type, .values = change.values};
}

// Where nobody asked the network, whoever runs the command knows.
bool is_due(const steps::RecordChange& change) {
  return change.due == Due::now || change.due == Due::not_known;
}

JsonObject time_or_null(std::chrono::sys_seconds time) {
  return time == std::chrono::sys_seconds() ? JsonObject() : JsonObject(iso_text(time));
}

JsonObject known_or_null(const steps::NetworkAnswer& answer) {
  return answer.known == steps::Known::not_known ? JsonObject()
                                                 : JsonObject(answer.known == steps::Known::yes);
}

JsonObject steps_of(const steps::Plan& plan) {
  JsonObject list = JsonObject::array();
  for (const steps::PlanStep& step : plan.steps) {
    list.push_back({{"step", to_string(step.name)},
                    {"state", to_string(step.state)},
                    {"detail", step.detail},
                    {"until", step.until ? JsonObject(iso_text(*step.until)) : JsonObject()}});
  }
  return list;
}

JsonObject records_of(const steps::Plan& plan, unsigned ttl_seconds) {
  JsonObject list = JsonObject::array();
  for (const steps::RecordChange& change : plan.records) {
    list.push_back({{"name", change.name},
                    {"type", change.type},
                    {"action", change.values.empty() ? "remove" : "set"},
                    {"values", change.values},
                    {"ttl", ttl_seconds},
                    {"due", to_string(change.due)}});
  }
  return list;
}

void add_stored(JsonObject& object, const PublishJob& job) {
  const store::ServedPeriod* present = steps::present_of(job.situation.periods);
  object["changed"] = job.is_changed;
  object["kind"] = job.record ? JsonObject(to_string(job.record->kind)) : JsonObject();
  object["of"] = job.record && !job.record->target.empty() ? JsonObject(job.record->target) : JsonObject();
  object["id"] = present != nullptr ? JsonObject(present->id) : JsonObject();
  object["mode"] = present != nullptr ? JsonObject(to_string(present->mode)) : JsonObject();
  object["max_age"] = present != nullptr ? JsonObject(present->max_age_seconds) : JsonObject();
  object["policy"] = present != nullptr ? JsonObject(present->body) : JsonObject();
  object["old_policy_held_until"] = time_or_null(job.plan.old_copies_until);
}

void add_live(JsonObject& object, const steps::Live& live) {
  object["certificate_valid"] = known_or_null(live.certificate);
  object["policy_served"] = known_or_null(live.served);
  object["announced_id"] = live.record.outcome == TxtOutcome::ok ? JsonObject(live.record.id) : JsonObject();
  object["mx"] = live.mail_hosts.known == steps::Known::not_known ? JsonObject() : JsonObject(live.mx);
}

std::string comments_of(const PublishJob& job) {
  const store::ServedPeriod* present = steps::present_of(job.situation.periods);
  std::string out = "; " + job.request.domain + ": " + std::string(state_of(job));
  if (present != nullptr) {
    out += ", mode " + std::string(to_string(present->mode)) + ", id " + present->id;
  }
  out += "\n";
  for (const steps::PlanStep& step : job.plan.steps) {
    out += ";   " + std::string(to_string(step.name)) + ": " + std::string(to_string(step.state)) +
           (step.detail.empty() ? "" : ": " + step.detail) + "\n";
  }
  return out;
}

std::string commented(const std::string& lines, const char* why) {
  std::string out;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at) + 1;
    out += std::string("; ") + why + ": " + lines.substr(at, end - at);
    at = end;
  }
  return out;
}

// Their mail hosts were not looked at, and a policy to enforce refuses those that it does not name.
std::optional<std::string> warning_of_aliases(const PublishJob& job) {
  if (job.aliases.empty() || !job.is_changed || !job.policy || job.policy->policy.mode != Mode::enforce) {
    return std::nullopt;
  }
  constexpr std::size_t named_limit = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(job.aliases.size(), named_limit); ++i) {
    names += (names.empty() ? "" : ", ") + job.aliases[i];
  }
  return "it is enforced for the aliases of the domain too: " + names +
         (job.aliases.size() > named_limit ? " and others" : "") +
         "; 'mta-sts publish' says of each whether the policy names its mail hosts";
}

}  // namespace

ExitCode exit_code_of(const PublishJob& job, bool is_offline) {
  if (job.fault) {
    return job.fault->exit_code;
  }
  const std::string_view state = job.plan.state();
  if (state == "at-fault") {
    return ExitCode::at_fault;
  }
  return state == "not-known" && !is_offline ? ExitCode::temporary : ExitCode::ok;
}

std::vector<std::string> warnings_of(const PublishJob& job) {
  std::vector<std::string> all = job.request.warnings;
  all.insert(all.end(), job.plan.warnings.begin(), job.plan.warnings.end());
  if (job.is_removal_due && job.is_changed && !job.situation.live.is_asked) {
    all.emplace_back(
        "nobody looked whether the old policy is still served elsewhere: senders may hold one that was "
        "fetched "
        "there since; look before you remove the records");
  }
  if (auto warning = warning_of_aliases(job)) {
    all.push_back(*std::move(warning));
  }
  if (job.policy && !job.request.remove) {
    all.insert(all.end(), job.policy->policy.warnings.begin(), job.policy->policy.warnings.end());
  }
  return all;
}

nlohmann::ordered_json publish_object(const PublishJob& job, unsigned ttl_seconds) {
  JsonObject object{{"domain", job.request.domain.empty() ? JsonObject() : JsonObject(job.request.domain)},
                    {"state", state_of(job)}};
  if (job.fault) {
    object["error"] = {{"word", job.fault->word}, {"detail", job.fault->detail}};
    return object;
  }
  object["error"] = JsonObject();
  const steps::PlanStep* next = job.plan.next();
  object["next"] = next != nullptr ? JsonObject(to_string(next->name)) : JsonObject();
  add_stored(object, job);
  object["steps"] = steps_of(job.plan);
  object["records"] = records_of(job.plan, ttl_seconds);
  add_live(object, job.situation.live);
  object["warnings"] = warnings_of(job);
  return object;
}

std::string publish_json(const PublishJob& job, unsigned ttl_seconds, int indent) {
  return publish_object(job, ttl_seconds).dump(indent, ' ', true, JsonObject::error_handler_t::replace);
}

std::string publish_zone(const PublishJob& job, unsigned ttl_seconds) {
  std::string out = comments_of(job);
  for (const steps::RecordChange& change : job.plan.records) {
    if (change.values.empty()) {
      const char* word = change.due == Due::done        ? "removed"
                         : change.due == Due::later     ? "later, remove"
                         : change.due == Due::not_known ? "not known whether due, remove"
                                                        : "remove";
      out += "; " + std::string(word) + ": " + change.name + ". " + change.type + "\n";
      continue;
    }
    const std::string lines = zone_lines(to_set(change), ttl_seconds);
    out += change.due == Due::later       ? commented(lines, "later")
           : change.due == Due::not_known ? commented(lines, "not known whether due")
                                          : lines;
  }
  return out;
}

std::string publish_nsupdate(const PublishJob& job, unsigned ttl_seconds) {
  std::string out = comments_of(job);
  for (const steps::RecordChange& change : job.plan.records) {
    if (is_due(change)) {
      out += nsupdate_lines(to_set(change), ttl_seconds);
      // A message each: a server refuses a whole one for what it refuses of it.
      out += "send\n";
    }
  }
  return out;
}

}  // namespace mta_sts::cli
