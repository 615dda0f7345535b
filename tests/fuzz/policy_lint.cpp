// A policy file as its publisher has it: what lint says is safe to show and stands in the file, what may be
// written as mended is a policy, and one that senders read already means the same afterwards.
#include "publish/policy_lint.hpp"
#include "fuzz/fuzz.hpp"
#include "policy/parse_policy.hpp"
#include "publish/mx_notes.hpp"
#include "publish/policy_mend.hpp"
#include "publish/policy_warnings.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

void look_at(std::string_view policy, const publish::PolicyFinding& finding) {
  require_safe(finding.detail);
  require(!finding.word.empty() && finding.where.line >= 1 && finding.where.column >= 1);
  require(finding.line.empty() ||
          (finding.line.data() >= policy.data() &&
           finding.line.data() + finding.line.size() <= policy.data() + policy.size()));
  if (finding.mend) {
    const publish::PolicyMend& mend = *finding.mend;
    require_safe(mend.text);
    require(mend.line >= 1);
    require((mend.count == 0) == (mend.action == publish::MendAction::insert));
    require(mend.text.empty() || mend.action != publish::MendAction::remove);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view policy = view_of(data, size);
  const auto findings = publish::lint_policy(policy);
  const auto parsed = parse_policy(policy, Reading::strict);
  require(parsed || !findings.empty());
  require(findings.size() <= policy_errors_limit + publish::policy_warnings_limit + 20);
  for (const publish::PolicyFinding& finding : findings) {
    look_at(policy, finding);
  }
  const publish::MendedPolicy mended = publish::mend_policy(policy);
  if (!publish::keeps_from_mending(publish::lint_policy(mended.text))) {
    const auto written = parse_policy(mended.text, Reading::strict);
    require(written.has_value());
    require(!parsed ||
            (written->mode == parsed->mode && written->max_age_seconds == parsed->max_age_seconds));
  }
  return 0;
}
