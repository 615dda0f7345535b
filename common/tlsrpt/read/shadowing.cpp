#include "tlsrpt/read/shadowing.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace mta_sts::tlsrpt {
namespace {

struct Judged {
  bool by_sts = false;
  bool by_dane = false;
  std::uint64_t failed_by_sts = 0;
  std::uint64_t failed_by_dane = 0;

  [[nodiscard]] bool shadows_sts() const { return by_dane && failed_by_dane > failed_by_sts; }
  [[nodiscard]] bool shadows_dane() const { return by_sts && !shadows_sts(); }
};

}  // namespace

void shadow_repeated_sessions(Report& report) {
  if (std::ranges::none_of(report.policies,
                           [](const PolicyReport& policy) { return policy.type == "tlsa"; })) {
    return;
  }
  std::unordered_map<std::string_view, Judged> domains;
  for (const PolicyReport& policy : report.policies) {
    Judged& judged = domains[policy.counted_domain];
    if (policy.type == "sts") {
      judged.by_sts = true;
      judged.failed_by_sts = saturating_add(judged.failed_by_sts, policy.failure);
    } else if (policy.type == "tlsa") {
      judged.by_dane = true;
      judged.failed_by_dane = saturating_add(judged.failed_by_dane, policy.failure);
    }
  }
  for (PolicyReport& policy : report.policies) {
    const Judged& judged = domains[policy.counted_domain];
    policy.is_shadowed =
        (policy.type == "sts" && judged.shadows_sts()) || (policy.type == "tlsa" && judged.shadows_dane());
  }
}

}  // namespace mta_sts::tlsrpt
