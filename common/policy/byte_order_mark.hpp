#pragma once

#include <string_view>

namespace mta_sts {

/// What some editors put before a UTF-8 text. A policy body has none (RFC 8461 section 3.2).
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace mta_sts
