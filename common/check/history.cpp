#include "check/history.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "check/case.hpp"
#include "digest/digest.hpp"
#include "policy/policy.hpp"
#include "publish/policy_id.hpp"

namespace mta_sts::check {
namespace {

constexpr std::chrono::hours entry_life{24};

// The last that has a year of four digits, so that no sum of times overflows.
constexpr std::chrono::sys_seconds latest_time{std::chrono::seconds(253'402'300'799)};

HistoryEntry entry_of(const nlohmann::json& json) {
  HistoryEntry entry;
  entry.seen = std::chrono::sys_seconds(std::chrono::seconds(json.at("seen").get<std::int64_t>()));
  entry.id = json.at("id").get<std::string>();
  entry.body_sha256 = json.at("body_sha256").get<std::string>();
  entry.policy_id = json.value("policy_id", "");
  entry.mode = json.at("mode").get<std::string>();
  entry.max_age_seconds = json.at("max_age").get<std::uint64_t>();
  entry.mx = json.at("mx").get<std::vector<std::string>>();
  return entry;
}

bool says_the_same(const HistoryEntry& a, const HistoryEntry& b) {
  return a.id == b.id && a.body_sha256 == b.body_sha256 && a.mode == b.mode &&
         a.max_age_seconds == b.max_age_seconds && a.mx == b.mx;
}

// The last object of a line: what stands before it was cut off by a full disk. Nothing: a cut one alone.
std::optional<std::string_view> whole_object(std::string_view line) {
  constexpr std::string_view begin = R"({"domain":)";
  const auto last = line.rfind(begin);
  if (last == std::string_view::npos || !line.starts_with(begin)) {
    return line;
  }
  const std::string_view object = line.substr(last);
  return object.ends_with('}') ? std::optional(object) : std::nullopt;
}

HistoryEntry entry_of(const Facts& facts) {
  const Case subject(facts);
  HistoryEntry entry;
  entry.seen = facts.conditions.now;
  entry.id = subject.record.id;
  if (const Policy* policy = subject.policy(); policy != nullptr) {
    entry.body_sha256 = sha256_hex(subject.answer->body);
    entry.policy_id = publish::policy_id(*policy);
    entry.mode = to_string(policy->mode);
    entry.max_age_seconds = policy->max_age_seconds;
  }
  entry.mx = subject.mx_names();
  return entry;
}

// Whether it was seen that there is no policy. A look that failed saw nothing.
bool is_absence(const Facts& facts) {
  const Case subject(facts);
  const HostFact* host = facts.dns.host("mta-sts." + facts.domain);
  return subject.record.outcome == TxtOutcome::none && subject.record.candidates == 0 && host != nullptr &&
         !lookup_failed(host->a_status) && !lookup_failed(host->aaaa_status) &&
         std::ranges::all_of(facts.https.by_address, [](const HttpsFact& fact) {
           return fact.reach == Reach::refused || (fact.reach == Reach::connected && fact.status != 0);
         });
}

}  // namespace

std::expected<CheckHistory, std::size_t> CheckHistory::parse(std::string_view lines) {
  CheckHistory history;
  for (std::size_t number = 1; !lines.empty(); ++number) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    try {
      if (const auto object = whole_object(lines.substr(0, end))) {
        const auto json = nlohmann::json::parse(*object);
        HistoryEntry entry = entry_of(json);
        if (entry.seen < std::chrono::sys_seconds() || entry.seen > latest_time) {
          return std::unexpected(number);
        }
        history.entries_[json.at("domain").get<std::string>()].push_back(std::move(entry));
      }
    } catch (const nlohmann::json::exception&) {
      return std::unexpected(number);
    }
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return history;
}

std::vector<HistoryEntry> CheckHistory::of(const std::string& domain) const {
  const auto known = entries_.find(domain);
  return known == entries_.end() ? std::vector<HistoryEntry>{} : known->second;
}

std::optional<HistoryEntry> CheckHistory::new_entry(const Facts& facts) const {
  if (!facts.conditions.resolver_answers || lookup_failed(facts.dns.sts.answer.status)) {
    return std::nullopt;
  }
  HistoryEntry entry = entry_of(facts);
  const auto known = entries_.find(facts.domain);
  // A history that begins with nothing says that nothing was served before.
  const bool is_first = known == entries_.end() || known->second.empty();
  if (is_first && entry.mode.empty() && entry.id.empty() && !is_absence(facts)) {
    return std::nullopt;
  }
  if (!is_first && says_the_same(known->second.back(), entry) &&
      entry.seen - known->second.back().seen < entry_life) {
    return std::nullopt;
  }
  return entry;
}

void CheckHistory::add(const std::string& domain, HistoryEntry entry) {
  entries_[domain].push_back(std::move(entry));
}

bool has_same_policy(const HistoryEntry& a, const HistoryEntry& b) {
  return a.policy_id.empty() || b.policy_id.empty() ? a.body_sha256 == b.body_sha256
                                                    : a.policy_id == b.policy_id;
}

std::string render_line(const std::string& domain, const HistoryEntry& entry) {
  const nlohmann::ordered_json json = {{"domain", domain},
                                       {"seen", entry.seen.time_since_epoch().count()},
                                       {"id", entry.id},
                                       {"body_sha256", entry.body_sha256},
                                       {"policy_id", entry.policy_id},
                                       {"mode", entry.mode},
                                       {"max_age", entry.max_age_seconds},
                                       {"mx", entry.mx}};
  return json.dump() + "\n";
}

}  // namespace mta_sts::check
