#include "cli/publish/rollout_output.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "cli/publish/publish_output.hpp"
#include "publish/record_line.hpp"

namespace mta_sts::cli {
namespace {

using JsonObject = nlohmann::ordered_json;
using steps::Stage;
using steps::StepState;

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) {
    all += (all.empty() ? "" : " ") + word;
  }
  return all;
}

std::string stage_line(const Stage& stage) {
  std::string line = ";   " + std::string(to_string(stage.name)) + ": " + std::string(to_string(stage.state));
  if (stage.earliest && stage.state != StepState::done) {
    line += ", safe from " + utc_text(*stage.earliest);
  }
  return line + (stage.detail.empty() ? "" : ": " + stage.detail) + "\n";
}

// The policy's file. A field of it may have any characters, and a terminal obeys some.
std::string file_lines(const steps::NextPolicy& policy) {
  std::string out;
  std::istringstream lines(policy.published.body);
  for (std::string line; std::getline(lines, line);) {
    line.resize(std::min(line.find('\r'), line.size()));
    out += ";     " + text::escape_for_display(line, line.size()) + "\n";
  }
  return out;
}

// How to change a policy that is in no store: a line of either server, or the file.
std::string lines_elsewhere(const steps::NextPolicy& policy) {
  std::string out;
  if (!policy.words.empty()) {
    out +=
        ";   nginx: mta_sts " + joined(policy.words) + ";\n;   Apache: MtaSts " + joined(policy.words) + "\n";
  }
  return out + ";   or the file:\n" + file_lines(policy);
}

std::string next_lines(const RolloutJob& job, unsigned ttl_seconds) {
  const Stage* next = job.rollout.next();
  if (next == nullptr || !next->policy) {
    return {};
  }
  const steps::NextPolicy& policy = *next->policy;
  const bool is_now = next->state == StepState::to_do;
  std::string out =
      "; " + std::string(is_now ? "now" : "then") + ", " + std::string(to_string(next->name)) + ":\n";
  const bool has_present = steps::present_of(job.publish.situation.periods) != nullptr;
  if (job.publish.situation.is_stored || !has_present) {
    out += ";   the same command with --apply stores" +
           (policy.words.empty() ? " the file:\n" + file_lines(policy) : ": " + joined(policy.words) + "\n");
  }
  if (!job.publish.situation.is_stored) {
    out += lines_elsewhere(policy);
  }
  const std::string record = publish::record_value(policy.published.id);
  return out + ";   once it is served: " +
         publish::txt_zone_line("_mta-sts." + job.publish.request.domain, record, ttl_seconds) + "\n";
}

JsonObject stages_of(const steps::Rollout& rollout) {
  JsonObject list = JsonObject::array();
  for (const Stage& stage : rollout.stages) {
    const bool has_policy = stage.policy.has_value();
    list.push_back({{"stage", to_string(stage.name)},
                    {"state", to_string(stage.state)},
                    {"detail", stage.detail},
                    {"earliest", stage.earliest ? JsonObject(iso_text(*stage.earliest)) : JsonObject()},
                    {"words", has_policy ? JsonObject(stage.policy->words) : JsonObject()},
                    {"policy", has_policy ? JsonObject(stage.policy->published.body) : JsonObject()},
                    {"id", has_policy ? JsonObject(stage.policy->published.id) : JsonObject()}});
  }
  return list;
}

std::string_view state_of(const RolloutJob& job) {
  return job.rollout.state(job.publish.plan);
}

}  // namespace

ExitCode exit_code_of(const RolloutJob& job, bool is_offline) {
  const std::string_view state = state_of(job);
  if (state == "at-fault") {
    return ExitCode::at_fault;
  }
  return state == "not-known" && !is_offline ? ExitCode::temporary : ExitCode::ok;
}

std::string rollout_json(const RolloutJob& job, steps::Goal goal, unsigned ttl_seconds) {
  JsonObject object = publish_object(job.publish, ttl_seconds);
  object["state"] = state_of(job);
  object["goal"] = to_string(goal);
  object["stored"] = job.publish.situation.is_stored;
  const Stage* next = job.rollout.next();
  object["next_stage"] = next != nullptr ? JsonObject(to_string(next->name)) : JsonObject();
  object["stages"] = stages_of(job.rollout);
  object["reports"] = job.reports.detail.empty() ? JsonObject() : JsonObject(job.reports.detail);
  object["assumptions"] = job.not_known;
  return object.dump(2, ' ', true, JsonObject::error_handler_t::replace);
}

std::string rollout_text(const RolloutJob& job, bool is_nsupdate, unsigned ttl_seconds) {
  std::string out = "; stages of " + job.publish.request.domain + ": " + std::string(state_of(job)) + "\n";
  for (const Stage& stage : job.rollout.stages) {
    out += stage_line(stage);
  }
  for (const std::string& sentence : job.not_known) {
    out += "; not known: " + sentence + "\n";
  }
  out += next_lines(job, ttl_seconds);
  if (job.publish.plan.steps.empty()) {  // what is published leads the other way
    return out;
  }
  return out +
         (is_nsupdate ? publish_nsupdate(job.publish, ttl_seconds) : publish_zone(job.publish, ttl_seconds));
}

}  // namespace mta_sts::cli
