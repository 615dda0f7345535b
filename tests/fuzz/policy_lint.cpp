// A policy file as its publisher has it: what lint says is safe to show and stands in the file, and what
// should stand in a line's place by what is known of mail providers is a policy too.
#include "publish/policy_lint.hpp"
#include "fuzz/fuzz.hpp"
#include "policy/parse_policy.hpp"
#include "publish/mx_notes.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

// The policy with that finding's line replaced.
std::string mended(std::string_view policy, const publish::PolicyFinding& finding) {
  const auto at = static_cast<std::size_t>(finding.line.data() - policy.data());
  std::string all(policy);
  return all.replace(at, finding.line.size(), *finding.fixed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view policy = view_of(data, size);
  const auto findings = publish::lint_policy(policy);
  const auto parsed = parse_policy(policy, Reading::strict);
  require(parsed || !findings.empty());
  std::size_t notes = 0;
  for (const publish::PolicyFinding& finding : findings) {
    require_safe(finding.detail);
    require(!finding.word.empty() && finding.where.line >= 1 && finding.where.column >= 1);
    require(finding.line.empty() ||
            (finding.line.data() >= policy.data() &&
             finding.line.data() + finding.line.size() <= policy.data() + policy.size()));
    if (finding.severity != publish::PolicySeverity::note) {
      continue;
    }
    ++notes;
    require(parsed.has_value());
    if (finding.fixed && !finding.fixed->empty()) {
      const std::string better = mended(policy, finding);
      require(better.size() > policy_limit_bytes || parse_policy(better, Reading::strict));
    }
  }
  require(notes <= publish::mx_notes_limit);
  return 0;
}
