#include "publish/policy_finding.hpp"

#include "base/enum_names.hpp"

namespace mta_sts::publish {

std::string_view to_string(PolicySeverity severity) {
  using enum PolicySeverity;
  static constexpr auto words = enum_names<PolicySeverity>({
      {error, "error"},
      {warning, "warning"},
      {note, "note"},
  });
  return words[severity];
}

std::string_view to_string(MendAction action) {
  using enum MendAction;
  static constexpr auto words = enum_names<MendAction>({
      {insert, "insert"},
      {replace, "replace"},
      {remove, "delete"},
  });
  return words[action];
}

}  // namespace mta_sts::publish
