#include "outcome/report/render_report.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utc_time.hpp"
#include "outcome/session_outcome.hpp"

namespace mta_sts::outcome {
namespace {

using Json = nlohmann::ordered_json;

/// How much of a report is written.
struct Extent {
  std::size_t kinds_of_policy = std::numeric_limits<std::size_t>::max();
  bool has_policy_texts = true;
};

// The counts of a hostile file may be any number; a sum does not begin anew at zero.
std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() - b ? std::numeric_limits<std::uint64_t>::max()
                                                           : a + b;
}

Json json_of(const SessionFailure& failure, std::uint64_t times) {
  Json json{{"result-type", to_string(failure.type)}};
  const auto note = [&json](const char* name, const std::string& text) {
    if (!text.empty()) {
      json[name] = text;
    }
  };
  note("sending-mta-ip", failure.sending_ip);
  note("receiving-mx-hostname", failure.mx);
  note("receiving-mx-helo", failure.helo);
  note("receiving-ip", failure.receiving_ip);
  json["failed-session-count"] = times;
  note("additional-information", failure.additional_information);
  note("failure-reason-code", failure.reason_code);
  return json;
}

Json details_of(const PolicyCount& count, std::size_t kinds) {
  using Kind = std::pair<const SessionFailure, std::uint64_t>;
  std::vector<const Kind*> sorted;
  sorted.reserve(count.failures.size());
  for (const Kind& kind : count.failures) {
    sorted.push_back(&kind);
  }
  std::ranges::sort(sorted, [](const Kind* a, const Kind* b) {
    return a->second != b->second ? a->second > b->second : a->first < b->first;
  });
  sorted.resize(std::min(sorted.size(), kinds));
  Json details = Json::array();
  for (const Kind* kind : sorted) {
    details.push_back(json_of(kind->first, kind->second));
  }
  return details;
}

Json json_of(const ReportIdentity& identity, const PolicyCount& count, const Extent& extent) {
  Json policy{{"policy-type", to_string(count.policy.type)}};
  if (extent.has_policy_texts && !count.policy.policy_string.empty()) {
    policy["policy-string"] = count.policy.policy_string;
  }
  policy["policy-domain"] = count.policy.domain.empty() ? identity.domain : count.policy.domain;
  if (extent.has_policy_texts && !count.policy.mx_hosts.empty()) {
    policy["mx-host"] = count.policy.mx_hosts;
  }
  Json json{
      {"policy", std::move(policy)},
      {"summary",
       {{"total-successful-session-count", count.success}, {"total-failure-session-count", count.failure}}}};
  if (Json details = details_of(count, extent.kinds_of_policy); !details.empty()) {
    json["failure-details"] = std::move(details);
  }
  return json;
}

std::string text_of(const ReportIdentity& identity, const ReportAuthor& author,
                    std::span<const PolicyCount> policies, const Extent& extent) {
  Json list = Json::array();
  for (const PolicyCount& count : policies) {
    list.push_back(json_of(identity, count, extent));
  }
  const Json report{{"organization-name", author.organization},
                    {"date-range",
                     {{"start-datetime", iso_text(identity.day)},
                      {"end-datetime", iso_text(last_second_of(identity.day))}}},
                    {"contact-info", author.contact},
                    {"report-id", report_id_of(identity)},
                    {"policies", std::move(list)}};
  // In ASCII, so that no byte of a stranger's text can mean anything to a terminal that shows the report.
  return report.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::size_t most_kinds_of_a_policy(std::span<const PolicyCount> policies) {
  std::size_t most = 0;
  for (const PolicyCount& count : policies) {
    most = std::max(most, count.failures.size());
  }
  return most;
}

}  // namespace

RenderedReport render_report(const ReportIdentity& identity, const ReportAuthor& author,
                             std::span<const PolicyCount> policies, std::size_t limit_bytes) {
  Extent extent{.kinds_of_policy = most_kinds_of_a_policy(policies)};
  RenderedReport report;
  report.json = text_of(identity, author, policies, extent);
  while (report.json.size() > limit_bytes && (extent.kinds_of_policy > 0 || extent.has_policy_texts)) {
    extent.has_policy_texts = extent.has_policy_texts && extent.kinds_of_policy > 0;
    extent.kinds_of_policy /= 2;
    report.json = text_of(identity, author, policies, extent);
  }
  report.has_policy_texts = extent.has_policy_texts;
  for (const PolicyCount& count : policies) {
    report.success = add(report.success, count.success);
    report.failure = add(report.failure, count.failure);
    report.left_out_kinds +=
        count.unread + count.failures.size() - std::min(count.failures.size(), extent.kinds_of_policy);
  }
  return report;
}

}  // namespace mta_sts::outcome
