#include "check/cached_answer.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "digest/digest.hpp"
#include "publish/policy_id.hpp"

namespace mta_sts::check {
namespace {

// How caches say that they answered themselves. RFC 9211 has Cache-Status; the others are what is in use.
constexpr std::array<std::string_view, 8> cache_headers{
    "Cache-Status",  "X-Cache",         "X-Cache-Status",  "X-Proxy-Cache",
    "X-Nginx-Cache", "X-FastCGI-Cache", "CF-Cache-Status", "X-LiteSpeed-Cache"};

constexpr std::size_t product_id_digits = 20;  // of publish::policy_id

bool says_hit(std::string_view value) {
  const std::string lower = ascii::to_lower(value);
  return lower.find("hit") != std::string::npos || lower.find("stale") != std::string::npos;
}

// The header that shows a cached answer, as "Age: 600"; empty: there is none.
std::string cache_mark(const HttpsFact& fact) {
  for (const std::string& age : header_values(fact, "Age")) {
    return "Age: " + age;
  }
  for (const std::string_view name : cache_headers) {
    for (const std::string& value : header_values(fact, name)) {
      if (says_hit(value)) {
        return std::string(name) + ": " + value;
      }
    }
  }
  return {};
}

// Without the sign of a weak comparison and the quotes. RFC 9110 section 8.8.3.
std::string etag_of(const HttpsFact& fact) {
  const auto values = header_values(fact, "ETag");
  std::string_view tag = values.empty() ? std::string_view() : std::string_view(values.front());
  if (tag.starts_with("W/")) {
    tag.remove_prefix(2);
  }
  if (tag.size() < 2 || !tag.starts_with('"') || !tag.ends_with('"')) {
    return {};
  }
  return std::string(tag.substr(1, tag.size() - 2));
}

bool is_number_between(std::string_view digits, int low, int high) {
  const int value = (digits[0] - '0') * 10 + (digits[1] - '0');
  return value >= low && value <= high;
}

// An id that begins with a date, as 20260302T120000: most are written so.
bool begins_with_date(std::string_view id) {
  return id.size() >= 8 && id.starts_with("20") &&
         std::ranges::all_of(id.substr(0, 8), [](char c) { return ascii::is_digit(c); }) &&
         is_number_between(id.substr(4), 1, 12) && is_number_between(id.substr(6), 1, 31);
}

bool is_product_id(std::string_view id) {
  return id.size() == product_id_digits &&
         std::ranges::all_of(id, [](char c) { return ascii::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::optional<Policy> policy_of(const HttpsFact& fact) {
  auto policy = parse_policy(fact.body, Reading::sender);
  return policy ? std::optional(std::move(*policy)) : std::nullopt;
}

// Whether an ETag is an id of this domain, and not a hash or a time of the web server's own making.
bool is_id(const Case& c, const std::optional<Policy>& policy, const std::string& tag) {
  const bool was_seen = std::ranges::any_of(
      c.facts.history, [&](const HistoryEntry& entry) { return entry.id == tag && !tag.empty(); });
  const bool is_older_date = begins_with_date(tag) && begins_with_date(c.record.id) &&
                             tag.size() == c.record.id.size() && tag < c.record.id;
  const bool is_own =
      is_product_id(tag) && is_product_id(c.record.id) && policy && publish::policy_id(*policy) == tag;
  return was_seen || is_older_date || is_own;
}

bool is_policy_of(const HistoryEntry& entry, const HttpsFact& fact, const Policy& policy) {
  return entry.policy_id.empty() ? entry.body_sha256 == sha256_hex(fact.body)
                                 : entry.policy_id == publish::policy_id(policy);
}

// The id under which the policy that is served was seen before the record got its present one; empty: none.
std::string earlier_id(const Case& c, const HttpsFact& fact, const Policy& policy) {
  for (auto entry = c.facts.history.rbegin(); entry != c.facts.history.rend(); ++entry) {
    if (!is_policy_of(*entry, fact, policy)) {
      return {};  // another policy was between: this one is new
    }
    if (!entry->id.empty() && entry->id != c.record.id) {
      return entry->id;
    }
  }
  return {};
}

// What shows that the answer is older than the record; empty: nothing.
std::string sign_of_age(const Case& c, const HttpsFact& fact) {
  if (c.record.outcome != TxtOutcome::ok || fact.status != 200 || !fact.complete) {
    return {};
  }
  const auto policy = policy_of(fact);
  const std::string tag = etag_of(fact);
  if (tag != c.record.id && is_id(c, policy, tag)) {
    return "ETag \"" + tag + "\"";
  }
  const std::string before = policy ? earlier_id(c, fact, *policy) : "";
  return before.empty() ? "" : "the policy that stood with id=" + before;
}

}  // namespace

std::optional<CheckFinding> judge_cached_answer(const Case& c, const HttpsFact& fact) {
  const std::string mark = cache_mark(fact);
  if (mark.empty()) {
    return std::nullopt;
  }
  const std::string where = subject_of(fact.host, fact.address);
  const std::string sign = sign_of_age(c, fact);
  if (sign.empty()) {
    return mark.starts_with("Age: ")
               ? std::optional(found_at(where, Severity::note, mark, "A cache in between answers."))
               : std::nullopt;
  }
  CheckFinding finding =
      found_at(where, Severity::warning, mark + ", " + sign + ", while the record has id=" + c.record.id,
               "A cache serves the old policy under the new id: senders that fetch it now keep it until its "
               "max_age is over.");
  finding.fix = "Purge https://" + fact.host + fact.path +
                " from the cache and exempt this path. Then change the id once more, so that senders that "
                "fetched the old "
                "policy fetch again.";
  return finding;
}

bool is_old_copy_served(const Case& c) {
  return std::ranges::any_of(c.facts.https.by_address, [&](const HttpsFact& fact) {
    const auto finding = judge_cached_answer(c, fact);
    return finding && finding->severity == Severity::warning;
  });
}

}  // namespace mta_sts::check
