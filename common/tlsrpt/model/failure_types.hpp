#pragma once

#include <string_view>

namespace mta_sts::tlsrpt {

/// A result type of RFC 8460 section 4.3, and what the receiving side does about it.
struct FailureType {
  std::string_view name;
  std::string_view cause;
  std::string_view fix;
  std::string_view checks;      ///< the numbers of the checks of `mta-sts check` that find it
  bool is_of_one_kind = false;  ///< only a tlsa policy has it, or only an sts policy
};

/// Finds a type by its name in lower case; null for one that the RFC does not know.
[[nodiscard]] const FailureType* find_failure_type(std::string_view name);

/// Gives what is said of failures on hosts that the reported policy does not cover, in place of their type.
[[nodiscard]] const FailureType& outside_policy_type();

}  // namespace mta_sts::tlsrpt
