#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "eximcheck/build.hpp"
#include "eximcheck/finding.hpp"
#include "eximconf/configuration.hpp"

namespace mta_sts::eximcheck {

/// Whether Exim is to do DANE (RFC 7672) where it sends.
enum class DaneWish : std::uint8_t {
  none,              ///< it cannot, or the configuration switches it off
  by_default,        ///< Exim tries it where nothing is said
  by_configuration,  ///< hosts_try_dane or hosts_require_dane of the administrator's says so
};

/// Gives the wish of a configuration, by its transports that send by SMTP; of an empty one Exim's default.
[[nodiscard]] DaneWish find_dane_wish(const EximBuild& build, const eximconf::Configuration& configuration);

/// Tells whether a program that asks through the C library learns which answers the name server has validated
/// (the AD bit): glibc hides it since 2.31, unless resolv.conf has `options trust-ad` (resolv.conf(5)).
/// `glibc_version` is its own text, "2.36".
[[nodiscard]] bool sees_validation(std::string_view glibc_version, bool trusts_ad);

/// Judges whether the wish can come true: a warning where it is Exim's default alone, a fault where the
/// configuration asks for DANE; nothing where there is no wish.
[[nodiscard]] std::optional<EximFinding> judge_dane(DaneWish wish, bool sees_validation);

}  // namespace mta_sts::eximcheck
