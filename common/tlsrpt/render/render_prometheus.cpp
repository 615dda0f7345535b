#include "tlsrpt/render/render_prometheus.hpp"

#include "base/prometheus.hpp"
#include "tlsrpt/model/ranking.hpp"

namespace mta_sts::tlsrpt {
namespace {

using prometheus::render_label;

void head(std::string& out, std::string_view name, std::string_view help) {
  out += prometheus::gauge_head(name, help);
}

void one(std::string& out, std::string_view name, std::string_view help, const std::string& value) {
  head(out, name, help);
  out += std::string(name) + " " + value + "\n";
}

void add_sessions(std::string& out, const std::string& name, const std::string& label,
                  const Sessions& sessions) {
  out += name + "{" + label + ",result=\"success\"} " + std::to_string(sessions.success) + "\n";
  out += name + "{" + label + ",result=\"failure\"} " + std::to_string(sessions.failure) + "\n";
}

constexpr std::string_view others = Metrics::table_rest;

// What labels show of names may be the same for several: a long name is cut, and two series of the same
// labels make the whole text invalid.
void sessions(std::string& out, const std::string& name, std::string_view help, const std::string& label,
              const std::map<std::string, Sessions, std::less<>>& table) {
  head(out, name, help);
  std::map<std::string, Sessions, std::less<>> series;
  std::size_t rank = 0;
  for (const auto& [key, value] : worst(table, table.size())) {
    series[rank++ < series_limit ? render_label(*key) : std::string(others)].add(*value);
  }
  for (const auto& [key, value] : worst(series, series.size())) {
    add_sessions(out, name, label + "=\"" + *key + "\"", *value);
  }
}

void failures(std::string& out, const std::string& name, std::string_view help,
              const std::map<std::pair<std::string, std::string>, Failures, PairLess>& table) {
  head(out, name, help);
  std::map<std::string, Failures, std::less<>> series;
  std::size_t rank = 0;
  for (const auto& [key, value] : most(table, table.size())) {
    const bool is_shown = rank++ < series_limit;
    const std::string type = is_shown ? render_label(key->first) : std::string(others);
    const std::string host = is_shown ? render_label(key->second) : std::string(others);
    series["type=\"" + type + "\",host=\"" + host + "\""].add(value->count, value->last);
  }
  for (const auto& [labels, value] : most(series, series.size())) {
    out += name + "{" + *labels + "} " + std::to_string(value->count) + "\n";
  }
}

std::string thousandths(std::uint32_t millipercent) {
  std::string digits = std::to_string(millipercent);
  digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
  return digits.substr(0, 1) + "." + digits.substr(1);
}

}  // namespace

std::string render_prometheus(const Metrics& metrics, Target target, std::size_t conflicts,
                              const std::optional<std::chrono::sys_days>& last_day) {
  std::string out;
  one(out, "mta_sts_tlsrpt_reports", "TLS reports counted.", std::to_string(metrics.reports));
  one(out, "mta_sts_tlsrpt_conflicts", "TLS reports that contradict a counted one.",
      std::to_string(conflicts));
  one(out, "mta_sts_tlsrpt_target_ratio", "Success rate to reach.", thousandths(target.millipercent));
  if (const auto meets = metrics.total.meets(target)) {
    one(out, "mta_sts_tlsrpt_meets_target", "1 where the success rate is the target's or better.",
        *meets ? "1" : "0");
  }
  if (last_day) {
    const auto second = std::chrono::sys_seconds(*last_day).time_since_epoch().count();
    one(out, "mta_sts_tlsrpt_last_report_day_seconds",
        "Start of the latest day that a report covers, in Unix time.", std::to_string(second));
  }
  sessions(out, "mta_sts_tlsrpt_sessions", "Sessions by recipient domain.", "domain", metrics.domains);
  sessions(out, "mta_sts_tlsrpt_sender_sessions", "Sessions by the organization that reports them.",
           "organization", metrics.organizations);
  sessions(out, "mta_sts_tlsrpt_policy_sessions", "Sessions by policy type, each type by itself.",
           "policy_type", metrics.policy_types);
  failures(out, "mta_sts_tlsrpt_failed_sessions", "Failed sessions by result type and MX host.",
           metrics.failures);
  return out;
}

}  // namespace mta_sts::tlsrpt
