#pragma once

#include <string_view>

namespace mta_sts::store {

/// Tells whether a text may name a profile: 1 to 64 lower-case letters, digits, dots, underscores and
/// hyphens, the first one a letter or digit.
[[nodiscard]] bool is_profile_name(std::string_view text);

/// What to say of a text that may not.
inline constexpr std::string_view profile_name_rule =
    "a profile's name is 1 to 64 lower-case letters, digits, dots, underscores and hyphens, and begins with "
    "a "
    "letter or digit";

}  // namespace mta_sts::store
