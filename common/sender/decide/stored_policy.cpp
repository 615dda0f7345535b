#include "sender/decide/stored_policy.hpp"

#include "policy/parse_policy.hpp"
#include "policy/render_policy.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts::sender {
namespace {

// No policy that was served comes without them where its mode needs them: it would not have been adopted.
std::optional<Policy> parse_without_patterns(const std::string& body) {
  auto policy = parse_policy(body + "mx: lost.invalid\r\n", Reading::sender);
  if (!policy) {
    return std::nullopt;
  }
  policy->mx.clear();
  return *std::move(policy);
}

}  // namespace

std::string render_stored_body(const CachedPolicy& policy) {
  return render_policy({.mode = policy.mode(),
                        .mx = policy.mx(),
                        .max_age_seconds = static_cast<std::uint64_t>(policy.max_age().count()),
                        .extensions = {}});
}

std::optional<CachedPolicy> read_stored_policy(const StoredEntry::Policy& stored) {
  if (!is_policy_id(stored.id)) {
    return std::nullopt;
  }
  const auto whole = parse_policy(stored.body, Reading::sender);
  const bool has_lost_patterns = !whole && whole.error().code == PolicyErrorCode::missing_mx;
  const auto policy = has_lost_patterns ? parse_without_patterns(stored.body)
                      : whole           ? std::optional(*whole)
                                        : std::nullopt;
  if (!policy || policy->max_age_used() <= std::chrono::seconds(0)) {  // P3: max_age 0 is never stored
    return std::nullopt;
  }
  CachedPolicy cached(stored.id, *policy, stored.fetched);
  if (has_lost_patterns) {
    cached.shed_patterns();
    cached.lose_patterns();
  }
  return cached;
}

bool is_stored_policy(const StoredEntry::Policy& stored, const CachedPolicy& policy) {
  if (stored.id != policy.id() || stored.fetched != policy.fetched()) {
    return false;
  }
  const auto read = read_stored_policy(stored);
  return read && read->is_same(policy) && read->max_age() == policy.max_age();
}

}  // namespace mta_sts::sender
