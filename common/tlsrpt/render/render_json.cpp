#include "tlsrpt/render/render_json.hpp"

#include <nlohmann/json.hpp>

#include "tlsrpt/model/ranking.hpp"
#include "tlsrpt/model/report_values.hpp"

namespace mta_sts::tlsrpt {
namespace {

using Json = nlohmann::ordered_json;

// ASCII only, and never an exception for what is not UTF-8.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json time_or_null(const std::optional<std::chrono::sys_seconds>& time) {
  return time ? Json(render_date_time(*time)) : Json(nullptr);
}

// Makes an object of a table. The library looks for an equal name at each insertion, one after the other, and
// a report may have 100,000 hosts: the members go in as they are, a map's names are different.
template <typename Table, typename Value>
Json object_of(const Table& table, Value value) {
  Json::object_t object;
  object.reserve(table.size());
  for (const auto& [name, entry] : table) {
    object.push_back({name, value(entry)});
  }
  return object;
}

Json policy_json(const PolicyReport& policy) {
  std::map<std::string, std::uint64_t> types;
  std::map<std::string, std::uint64_t> hosts;
  for (const FailureDetail& detail : policy.details) {
    types[detail.result_type] = saturating_add(types[detail.result_type], detail.count);
    hosts[detail.host] = saturating_add(hosts[detail.host], detail.count);
  }
  const auto as_number = [](std::uint64_t count) { return Json(count); };
  Json json;
  json["type"] = or_null(policy.type);
  json["domain"] = or_null(policy.domain);
  json["success"] = policy.success;
  json["failure"] = policy.failure;
  json["types"] = object_of(types, as_number);
  json["hosts"] = object_of(hosts, as_number);
  return json;
}

Json failures_json(const std::map<std::string, Failures, std::less<>>& table) {
  return object_of(table, [](const Failures& failures) { return Json(failures.count); });
}

Json sessions_json(const Sessions& sessions) {
  return {{"success", sessions.success}, {"failure", sessions.failure}};
}

Json table_json(const std::map<std::string, Sessions, std::less<>>& table) {
  return object_of(table, sessions_json);
}

Json authentication_json(const AuthenticationCounts& counts) {
  Json json;
  for (std::size_t i = 0; i < authentication_count; ++i) {
    const auto word = static_cast<Authentication>(i);
    json[std::string(to_string(word))] = counts.of(word);
  }
  return json;
}

Json day_list(const std::vector<std::chrono::sys_days>& days) {
  Json json = Json::array();
  for (const auto day : days) {
    json.push_back(render_day(day));
  }
  return json;
}

Json day_or_null(const std::optional<std::chrono::sys_days>& day) {
  return day ? Json(render_day(*day)) : Json(nullptr);
}

// The places with the most failures; a report may have as many as it has failed sessions.
constexpr std::size_t places_limit = 1000;

Json places_json(const std::map<PackedFailurePlace, Failures>& places) {
  Json json = Json::array();
  for (const auto& [packed, failures] : most(places, places_limit)) {
    const FailurePlace place = packed->place();
    json.push_back({{"type", place.result_type},
                    {"host", place.host},
                    {"receiving_ip", place.receiving_ip},
                    {"sending_ip", place.sending_ip},
                    {"helo", place.helo},
                    {"reason_code", place.reason_code},
                    {"information", place.information},
                    {"failure", failures->count},
                    {"first", day_or_null(failures->first)},
                    {"last", day_or_null(failures->last)}});
  }
  return json;
}

template <typename Words>
Json word_list(const Words& words) {
  Json json = Json::array();
  for (const auto word : words.words()) {
    json.push_back(to_string(word));
  }
  return json;
}

}  // namespace

std::string render_json_text(std::string_view text) {
  return dump(Json(text));
}

std::string render_report_json(const Report& report) {
  Json json;
  json["org"] = or_null(report.organization);
  json["id"] = or_null(report.id);
  json["start"] = time_or_null(report.start);
  json["end"] = time_or_null(report.end);
  Json policies = Json::array();
  Sessions total;
  for (const PolicyReport& policy : report.policies) {
    policies.push_back(policy_json(policy));
    total.add({.success = policy.success, .failure = policy.failure});
  }
  if (report.policies.size() > many_policies) {
    json["policy_count"] = report.policies.size();
    json["total"] = sessions_json(total);
  }
  json["policies"] = std::move(policies);
  if (is_judged(report.authentication)) {
    json["authentication"] = to_string(report.authentication);
  }
  return dump(json);
}

std::string render_input_json(const InputResult& result) {
  Json json;
  json["container"] = to_string(result.container);
  json["status"] = result.status();
  json["errors"] = word_list(result.findings.errors);
  json["warnings"] = word_list(result.findings.quirks);
  const std::string text = dump(json);
  return text.substr(1, text.size() - 2);
}

std::string render_summary_json(const Metrics& metrics, const LeftOut& left_out, Target target) {
  Json json;
  json["reports"] = metrics.reports;
  json["duplicates"] = or_null(left_out.duplicates);
  json["conflicts"] = left_out.conflicts;
  json["authentication"] = authentication_json(metrics.authentication);
  json["success"] = metrics.total.success;
  json["failure"] = metrics.total.failure;
  json["rate_percent"] = or_null(metrics.total.rate_percent(5));
  json["target_percent"] = target.text();
  json["meets_target"] = or_null(metrics.total.meets(target));
  Json days = Json::array();
  for (const auto& [day, sessions] : metrics.days) {
    Json entry;
    entry["day"] = render_day(day);
    entry.update(sessions_json(sessions));
    entry["meets_target"] = or_null(sessions.meets(target));
    days.push_back(std::move(entry));
  }
  json["days"] = std::move(days);
  json["days_without_reports"] = day_list(metrics.gaps());
  json["jumps"] = day_list(metrics.jumps());
  json["types"] = failures_json(metrics.types);
  json["hosts"] = failures_json(metrics.hosts);
  json["failures"] = places_json(metrics.places);
  json["hosts_outside_policy"] = failures_json(metrics.outside_policy);
  json["organizations"] = table_json(metrics.organizations);
  json["domains"] = table_json(metrics.domains);
  json["policy_types"] = table_json(metrics.policy_types);
  json["failures_without_details"] = metrics.without_details;
  return dump(json);
}

}  // namespace mta_sts::tlsrpt
