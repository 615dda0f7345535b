#include "publish/published_policy.hpp"

#include "base/utf8.hpp"
#include "policy/render_policy.hpp"
#include "publish/policy_id.hpp"

namespace mta_sts::publish {

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
            "With CRLF after every line, as it is served, the policy is larger than 65536 bytes: shorten it.",
        .fixed = std::nullopt});
  }
  return published;
}

std::vector<std::string> policy_warnings(Mode mode, std::uint64_t max_age_seconds) {
  if (!is_max_age_short(mode, max_age_seconds)) {
    return {};
  }
  return {
      "max-age-short: max_age is under a week: mode enforce protects only senders that still keep the "
      "policy; "
      "604800 (1w) or more is advised"};
}

std::string to_message(const PolicyError& error, std::string_view path) {
  constexpr std::size_t shown_path_limit_bytes = 400;
  return std::string(to_string(error.code)) + " in \"" +
         text::escape_for_display(path, shown_path_limit_bytes) + "\" line " +
         std::to_string(error.where.line) + " column " + std::to_string(error.where.column) + ": " +
         error.detail;
}

}  // namespace mta_sts::publish
