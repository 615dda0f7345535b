#pragma once

#include <span>

#include "check/checks.hpp"

namespace mta_sts::check {

/// The catalogue by its groups, one source file each.
[[nodiscard]] std::span<const Check> dns_checks();        ///< C01 to C13
[[nodiscard]] std::span<const Check> host_checks();       ///< C14 to C23
[[nodiscard]] std::span<const Check> http_checks();       ///< C24 to C31
[[nodiscard]] std::span<const Check> policy_checks();     ///< C32 to C39
[[nodiscard]] std::span<const Check> mx_checks();         ///< C40 to C49
[[nodiscard]] std::span<const Check> mx_record_checks();  ///< C50 to C54
[[nodiscard]] std::span<const Check> tlsrpt_checks();     ///< C55 to C64
[[nodiscard]] std::span<const Check> lifecycle_checks();  ///< C65 to C73
[[nodiscard]] std::span<const Check> provider_checks();   ///< C74

}  // namespace mta_sts::check
