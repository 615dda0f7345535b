// The words of a directive, one a line: what is taken is a policy that every reader accepts.
#include "publish/directive.hpp"
#include "fuzz/fuzz.hpp"
#include "policy/parse_policy.hpp"
#include "publish/policy_id.hpp"
#include "publish/published_policy.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto directive = publish::parse_directive(split(view_of(data, size), '\n'));
  if (!directive) {
    const std::string message = to_message(directive.error());
    require_safe(message);
    require(message.find('\n') == std::string::npos);
    return 0;
  }
  if (directive->kind == publish::DirectiveKind::inline_policy) {
    const publish::PublishedPolicy published = publish::publish_policy(directive->policy, directive->serial);
    require(published.body.size() <= policy_limit_bytes);
    require(parse_policy(published.body, Reading::strict) == publish::canonical_policy(directive->policy));
  }
  const bool has_path =
      directive->kind == publish::DirectiveKind::file || directive->kind == publish::DirectiveKind::store;
  require(has_path == !directive->path.empty());
  return 0;
}
