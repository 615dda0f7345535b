#include "tlsrpt/model/authentication.hpp"

#include "base/enum_names.hpp"

namespace mta_sts::tlsrpt {

std::string_view to_string(Authentication authentication) {
  using enum Authentication;
  static constexpr auto words = enum_names<Authentication>({
      {not_checked, "not-checked"},
      {authenticated, "authenticated"},
      {not_authenticated, "not-authenticated"},
      {not_by_mail, "not-by-mail"},
  });
  return words[authentication];
}

}  // namespace mta_sts::tlsrpt
