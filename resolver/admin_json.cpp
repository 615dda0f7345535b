#include "admin_json.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "sender/policy_fetch.hpp"

namespace mta_sts::resolver {
namespace {

using Json = nlohmann::ordered_json;

std::string one_line(const Json& json) {
  // Bodies come from the network: what is not UTF-8 is shown as U+FFFD, never thrown.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json seconds(std::chrono::sys_seconds time) {
  return time.time_since_epoch().count();
}

Json seconds(const std::optional<std::chrono::sys_seconds>& time) {
  return time ? seconds(*time) : Json(nullptr);
}

Json verdict_json(const Verdict& verdict) {
  return {{"mode", to_string(verdict.mode)},
          {"id", verdict.id},
          {"mx", verdict.mx},
          {"source", to_string(verdict.source)},
          {"expires", seconds(verdict.expires)},
          {"reason", verdict.reason}};
}

Json policy_json(const sender::Explanation::Policy& policy) {
  return {{"id", policy.id},
          {"mode", policy.mode},
          {"mx", policy.mx},
          {"max_age", policy.max_age.count()},
          {"fetched", seconds(policy.fetched)},
          {"expires", seconds(policy.expires)},
          {"next_refresh", seconds(policy.next_refresh)},
          {"live", policy.live},
          {"body", policy.body}};
}

}  // namespace

std::string explanation_json(const sender::Explanation& explanation) {
  Json failures = Json::array();
  for (const sender::FailedFetch& failure : explanation.failures) {
    const auto kind = sender::parse_fetch_error_kind(failure.word);
    failures.push_back({{"id", failure.id},
                        {"at", seconds(failure.at)},
                        {"word", failure.word},
                        {"tlsrpt", kind ? Json(sender::tlsrpt_result_type(*kind)) : Json(nullptr)}});
  }
  Json json = {{"domain", explanation.domain},
               {"verdict", verdict_json(explanation.verdict)},
               {"record",
                {{"outcome", explanation.record},
                 {"id", explanation.record_id},
                 {"detail", explanation.record_detail},
                 {"asked", seconds(explanation.record_asked)},
                 {"until", seconds(explanation.record_until)}}},
               {"policy", explanation.policy ? policy_json(*explanation.policy) : Json(nullptr)},
               {"failures", std::move(failures)},
               {"failed_refreshes", explanation.failed_refreshes},
               {"next_try", seconds(explanation.next_try)},
               {"peer", explanation.peer.empty() ? Json(nullptr) : Json(explanation.peer)},
               {"record_seen", seconds(explanation.record_seen)},
               {"failing_since", seconds(explanation.failing_since)},
               {"used", seconds(explanation.used)},
               {"in_progress", explanation.in_progress}};
  return one_line(json);
}

std::string cache_list_json(const std::vector<sender::CacheLine>& lines, bool more) {
  Json entries = Json::array();
  for (const sender::CacheLine& line : lines) {
    entries.push_back({{"domain", line.domain},
                       {"id", line.id},
                       {"mode", line.mode},
                       {"fetched", seconds(line.fetched)},
                       {"expires", seconds(line.expires)},
                       {"used", seconds(line.used)},
                       {"failed_refreshes", line.failed_refreshes}});
  }
  Json json = {{"entries", std::move(entries)}};
  json["next"] = more && !lines.empty() ? Json(lines.back().domain) : Json(nullptr);
  return one_line(json);
}

std::string stats_json(const std::vector<sender::Counter>& counters) {
  Json json = Json::object();
  for (const sender::Counter& counter : counters) {
    if (counter.parts > 1) {
      json[counter.name] = static_cast<double>(counter.value) / counter.parts;
    } else {
      json[counter.name] = counter.value;
    }
  }
  return one_line(json);
}

std::string purged_json(std::size_t count) {
  return one_line({{"purged", count}});
}

std::string error_json(std::string_view word, std::string_view detail) {
  return one_line({{"error", word}, {"detail", detail}});
}

}  // namespace mta_sts::resolver
