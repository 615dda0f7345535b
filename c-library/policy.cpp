#include "policy/policy.hpp"

#include <memory>
#include <span>

#include "base/domain_name.hpp"
#include "objects.hpp"
#include "policy/dns_id.hpp"
#include "policy/mx_match.hpp"
#include "policy/parse_policy.hpp"

using mta_sts::c::to_text;
using mta_sts::c::to_view;

mta_sts_policy* mta_sts_policy_parse(mta_sts_text body, mta_sts_reading reading,
                                     mta_sts_error* error) noexcept {
  return mta_sts::c::make<mta_sts_policy>(error, [&]() -> mta_sts_policy* {
    auto policy = mta_sts::parse_policy(
        to_view(body), reading == MTA_STS_AS_SENDER ? mta_sts::Reading::sender : mta_sts::Reading::strict);
    if (!policy) {
      mta_sts::c::fill_error(policy.error(), error);
      return nullptr;
    }
    return std::make_unique<mta_sts_policy>(*std::move(policy)).release();
  });
}

void mta_sts_policy_free(mta_sts_policy* policy) noexcept {
  const std::unique_ptr<mta_sts_policy> owned(policy);
}

mta_sts_mode mta_sts_policy_mode(const mta_sts_policy* policy) noexcept {
  switch (policy->value.mode) {
    case mta_sts::Mode::enforce:
      return MTA_STS_ENFORCE;
    case mta_sts::Mode::testing:
      return MTA_STS_TESTING;
    case mta_sts::Mode::none:
      break;
  }
  return MTA_STS_NONE;
}

uint64_t mta_sts_policy_max_age(const mta_sts_policy* policy) noexcept {
  return static_cast<uint64_t>(policy->value.max_age_used().count());
}

size_t mta_sts_policy_mx_count(const mta_sts_policy* policy) noexcept {
  return policy->value.mx.size();
}

mta_sts_text mta_sts_policy_mx(const mta_sts_policy* policy, size_t index) noexcept {
  return to_text(index < policy->value.mx.size() ? policy->value.mx[index] : std::string_view());
}

bool mta_sts_policy_names_host(const mta_sts_policy* policy, mta_sts_text host) noexcept {
  return mta_sts::matches_mx(policy->value.mx, to_view(host));
}

bool mta_sts_certificate_matches(const mta_sts_text* dns_names, size_t count, mta_sts_text host) noexcept {
  // The host is read anew for each entry.
  if (host.size > mta_sts::domain_name_limit_bytes + 1) {
    return false;
  }
  for (const mta_sts_text& dns_name : std::span(dns_names, count)) {
    const std::string_view view = to_view(dns_name);
    if (mta_sts::matches_dns_id({&view, 1}, to_view(host))) {
      return true;
    }
  }
  return false;
}
