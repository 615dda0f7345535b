#include "publish/published_policy.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "digest/digest.hpp"
#include "policy/render_policy.hpp"
#include "publish/placeholder.hpp"
#include "publish/policy_advice.hpp"
#include "publish/policy_id.hpp"

namespace mta_sts::publish {
namespace {

// Cuts empty lines off the end, unless a line end among them is at fault itself.
std::string_view without_empty_end(std::string_view bytes) {
  const std::size_t last = bytes.find_last_not_of(" \t\r\n");
  const std::size_t end = last == std::string_view::npos ? last : bytes.find('\n', last);
  if (end == std::string_view::npos) {
    return bytes;
  }
  for (std::size_t at = bytes.find('\r', end); at != std::string_view::npos; at = bytes.find('\r', at + 1)) {
    if (!bytes.substr(at + 1).starts_with('\n')) {
      return bytes;
    }
  }
  return bytes.substr(0, end + 1);
}

PolicyError with_placeholder_named(PolicyError error, std::string_view bytes) {
  for (std::size_t line = 1; line < error.where.line; ++line) {
    bytes.remove_prefix(bytes.find('\n') + 1);
  }
  bytes = bytes.substr(0, bytes.find('\n'));
  if (error.code == PolicyErrorCode::bad_mx && !error.fixed && has_placeholder_marks(bytes)) {
    error.detail = placeholder_sentence;
  }
  return error;
}

// The id, which does not count the order of extensions: where they have another than by name, the bytes too.
std::string etag_of(const PublishedPolicy& published, const Policy& policy) {
  constexpr std::size_t digits = 20;
  const bool is_only_body = std::ranges::is_sorted(policy.extensions, {}, &PolicyExtension::name);
  return is_only_body ? published.id : sha256_hex(published.id + published.body).substr(0, digits);
}

}  // namespace

PublishedPolicy publish_policy(const Policy& policy, std::uint32_t serial) {
  PublishedPolicy published;
  published.body = render_policy(canonical_policy(policy));
  published.id = policy_id(policy, serial);
  published.etag += '"';
  published.etag += etag_of(published, policy);
  published.etag += '"';
  published.mode = policy.mode;
  published.max_age_seconds = policy.max_age_seconds;
  return published;
}

std::expected<PublishedPolicy, PolicyError> publish_policy_file(std::string_view bytes,
                                                                std::uint32_t serial) {
  const std::string_view read = without_empty_end(bytes);
  const auto policy = parse_policy(read, Reading::strict);
  if (!policy) {
    return std::unexpected(with_placeholder_named(policy.error(), read));
  }
  PublishedPolicy published = publish_policy(*policy, serial);
  published.warnings = policy_warnings(*policy);
  if (read.size() < bytes.size()) {
    published.notices.emplace_back("blank-line: the file ends with empty lines, which are not served");
  }
  if (!read.ends_with('\n')) {
    // RFC 8461 section 3.2 lets the last line have none. Its value may be the half of one all the same.
    published.warnings.emplace_back(
        "no-last-line-end: the last line of the file has no line end, as where a file was cut; check its "
        "value, and "
        "end the line");
  }
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

std::string to_message(const PolicyError& error, std::string_view path) {
  constexpr std::size_t shown_path_limit_bytes = 400;
  // Twice in a line that a host cuts at about 1 KiB, and to be copied to a shell.
  constexpr std::size_t command_path_limit_bytes = 160;
  const bool is_plain =
      path.size() <= command_path_limit_bytes && std::ranges::all_of(path, [](char c) {
        return ascii::is_alnum(c) || std::string_view("/._-+").find(c) != std::string_view::npos;
      });
  return std::string(to_string(error.code)) + " in \"" +
         text::escape_for_display(path, shown_path_limit_bytes) + "\" line " +
         std::to_string(error.where.line) + " column " + std::to_string(error.where.column) + ": " +
         error.detail + " 'mta-sts lint " + (is_plain ? std::string(path) : "FILE") +
         "' shows every fault and its fix";
}

}  // namespace mta_sts::publish
