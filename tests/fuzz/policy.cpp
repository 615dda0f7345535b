// A policy body: the two readings agree, lint agrees with both, and what is rendered means the same.
#include "fuzz/fuzz.hpp"
#include "policy/parse_policy.hpp"
#include "policy/render_policy.hpp"
#include "publish/policy_id.hpp"
#include "publish/published_policy.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = view_of(data, size);
  const auto sender = parse_policy(body, Reading::sender);
  const auto strict = parse_policy(body, Reading::strict);
  const auto errors = find_policy_errors(body);
  require(strict.has_value() == errors.empty());
  require(errors.size() <= policy_errors_limit);
  for (const PolicyError& error : errors) {
    require_safe(error.detail);
    require_safe(error.fixed.value_or(""));
    require(error.where.line >= 1 && error.where.column >= 1);
  }
  if (strict) {
    require(sender && *sender == *strict);
    const auto published = publish::publish_policy_file(body);
    require(published || published.error().code == PolicyErrorCode::too_large);
    const std::string rendered = render_policy(*strict);
    require(rendered.size() > policy_limit_bytes || parse_policy(rendered, Reading::strict) == *strict);
  }
  if (sender) {
    const std::string rendered = render_policy(*sender);
    const auto again = parse_policy(rendered, Reading::sender);
    require(rendered.size() > policy_limit_bytes || again == *sender);
    require(!again || publish::policy_id(*again) == publish::policy_id(*sender));
  }
  return 0;
}
