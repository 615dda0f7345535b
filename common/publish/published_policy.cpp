#include "publish/published_policy.hpp"

#include "policy/render_policy.hpp"
#include "publish/policy_id.hpp"

namespace mta_sts {

PublishedPolicy publish_policy(const Policy& policy, std::uint32_t serial) {
  PublishedPolicy published;
  published.body = render_policy(policy);
  published.id = policy_id(policy, serial);
  published.etag += '"';
  published.etag += published.id;
  published.etag += '"';
  published.mode = policy.mode;
  published.max_age_seconds = policy.max_age_seconds;
  return published;
}

std::expected<PublishedPolicy, PolicyError> publish_policy_file(std::string_view bytes,
                                                                std::uint32_t serial) {
  const auto policy = parse_policy(bytes, Reading::strict);
  if (!policy) {
    return std::unexpected(policy.error());
  }
  PublishedPolicy published = publish_policy(*policy, serial);
  if (published.body.size() > policy_limit_bytes) {  // LF became CRLF
    return std::unexpected(PolicyError{
        .code = PolicyErrorCode::too_large,
        .where = {},
        .detail =
            "With CRLF after every line, as it is served, the policy has over 65536 octets: shorten it.",
        .mended = {}});
  }
  return published;
}

}  // namespace mta_sts
