#pragma once

#include <string_view>

namespace mta_sts::tlsrpt {

/// Tells whether UTF-8 text is free of control characters (C0, DEL, C1) and of those that change its
/// direction: what a terminal, a spreadsheet or a reader's eye could be tricked with.
[[nodiscard]] bool is_safe_text(std::string_view text);

}  // namespace mta_sts::tlsrpt
