#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mta_sts {

/// What a piece of text for a terminal is.
enum class TextRole : std::uint8_t { plain, heading, good, warning, error };

/// Gives text in the colour of its role, or as it is.
using Paint = std::function<std::string(TextRole, std::string_view)>;

}  // namespace mta_sts
