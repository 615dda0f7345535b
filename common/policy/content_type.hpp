#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mta_sts {

/// What to do with an answer that has no Content-Type at all (position P4).
enum class MissingContentType : std::uint8_t { refuse, accept };

/// Tells whether the Content-Type field values of an answer name text/plain: exactly one field, no case,
/// parameters ignored even if malformed. RFC 8461 section 3.2, RFC 9110 section 8.3.1, R69, positions P4,
/// P21.
[[nodiscard]] bool is_policy_content_type(std::span<const std::string_view> fields,
                                          MissingContentType missing = MissingContentType::refuse);

}  // namespace mta_sts
