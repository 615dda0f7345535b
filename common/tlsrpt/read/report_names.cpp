#include "tlsrpt/read/report_names.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/ascii.hpp"
#include "idna/idna.hpp"
#include "tlsrpt/read/text_safety.hpp"

namespace mta_sts::tlsrpt {
namespace {

// What the same sessions have in common: a set of them, so that no report can make the comparison slow.
using Counted = std::tuple<std::string_view, std::uint64_t, std::uint64_t>;

Counted counted(const PolicyReport& policy) {
  return {policy.domain ? std::string_view(*policy.domain) : std::string_view(), policy.success,
          policy.failure};
}

// The report-id's tail, "2026-03-02T00:00:00Z_example.com" or "1234+example.com".
std::string domain_in_id(const std::optional<std::string>& id) {
  if (!id) {
    return {};
  }
  const std::size_t mark = id->find_last_of("_+");
  if (mark == std::string::npos) {
    return {};
  }
  const auto name = DomainName::parse(std::string_view(*id).substr(mark + 1));
  return name && name->text().find('.') != std::string::npos ? name->text() : std::string();
}

// The patterns of a report's sts policies, to find the recipient's domain of a tlsa policy named after an MX.
class MxOwners {
 public:
  void add(std::string_view pattern, const std::string& domain) {
    const std::string_view wildcard = pattern.starts_with("*.") ? "*." : "";
    owners_.try_emplace(std::string(wildcard) + counting_name(pattern.substr(wildcard.size())), domain);
  }

  // Empty where no sts policy of the report lists the host.
  [[nodiscard]] std::string owner_of(const std::string& host) const {
    if (const auto found = owners_.find(host); found != owners_.end()) {
      return found->second;
    }
    const std::size_t dot = host.find('.');
    if (dot == std::string::npos) {
      return {};
    }
    const auto found = owners_.find(std::string("*").append(host, dot));
    return found != owners_.end() ? found->second : std::string();
  }

 private:
  std::unordered_map<std::string, std::string> owners_;
};

// Sets is_shadowed, and the counted_domain of a tlsa policy named after an MX.
void settle_tlsa(Report& report) {
  std::unordered_set<std::string> sts_domains;
  std::set<Counted> sts_counts;
  MxOwners owners;
  for (const PolicyReport& policy : report.policies) {
    if (policy.type == "sts") {
      sts_domains.insert(policy.counted_domain);
      sts_counts.insert(counted(policy));
      for (const std::string& pattern : policy.mx_hosts) {
        owners.add(pattern, policy.counted_domain);
      }
    }
  }
  for (PolicyReport& policy : report.policies) {
    if (policy.type != "tlsa") {
      continue;
    }
    if (!sts_domains.contains(policy.counted_domain)) {
      if (std::string owner = owners.owner_of(policy.counted_domain); !owner.empty()) {
        policy.counted_domain = std::move(owner);
      }
    }
    if (sts_counts.contains(counted(policy))) {
      report.quirks.add(Quirk::double_count);
    }
  }
}

}  // namespace

std::string normal_name(std::string_view name) {
  if (name.ends_with('.')) {
    name.remove_suffix(1);
  }
  return ascii::to_lower(name);
}

bool has_u_label(std::string_view name) {
  return std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

std::string counting_name(std::string_view name) {
  if (has_u_label(name)) {
    if (const auto a_labels = to_a_labels(name)) {
      return a_labels->text();
    }
  }
  return normal_name(name);
}

void settle_domains(Report& report, std::string_view fallback) {
  bool has_tlsa = false;
  std::optional<std::string> default_domain;  // often not needed
  for (PolicyReport& policy : report.policies) {
    if (!policy.domain && !default_domain) {
      const auto told = to_a_labels(fallback);  // bytes of a file's name or a mail's header: often no domain
      default_domain = told ? told->text() : domain_in_id(report.id);
    }
    policy.counted_domain = policy.domain ? counting_name(*policy.domain) : *default_domain;
    has_tlsa = has_tlsa || policy.type == "tlsa";
  }
  if (has_tlsa) {
    settle_tlsa(report);
  }
}

}  // namespace mta_sts::tlsrpt
