#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mta_sts::tlsrpt {

/// What is known of who wrote a report (R141, RFC 8460 section 3). The order is that of the history's column.
enum class Authentication : std::uint8_t {
  not_checked,        ///< a mail, and no trusted Authentication-Results field says anything of DKIM
  authenticated,      ///< such a field says dkim=pass for the reporting domain
  not_authenticated,  ///< such a field says something else
  not_by_mail,        ///< by HTTPS or a file: nothing is signed
};
inline constexpr std::size_t authentication_count = 4;

/// Gives the word, "not-checked".
[[nodiscard]] std::string_view to_string(Authentication authentication);

/// Tells whether a trusted field has said anything.
[[nodiscard]] constexpr bool is_judged(Authentication authentication) {
  return authentication == Authentication::authenticated ||
         authentication == Authentication::not_authenticated;
}

/// Reports by what is known of who wrote them.
class AuthenticationCounts {
 public:
  void add(Authentication authentication) { ++counts_[static_cast<std::size_t>(authentication)]; }
  [[nodiscard]] std::size_t of(Authentication authentication) const {
    return counts_[static_cast<std::size_t>(authentication)];
  }

  /// Tells whether any report has been looked at.
  [[nodiscard]] bool has_judged() const {
    return of(Authentication::authenticated) + of(Authentication::not_authenticated) > 0;
  }

 private:
  std::array<std::size_t, authentication_count> counts_ = {};
};

}  // namespace mta_sts::tlsrpt
