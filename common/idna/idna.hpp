#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/domain_name.hpp"

namespace mta_sts {

/// Why a name could not be turned into A-labels; `detail` says so, as the end of a
/// sentence.
struct IdnaError {
  DomainNameError code = DomainNameError::bad_character;
  std::string detail;
};

/// Reads a domain name of A-labels, U-labels (UTF-8) or both and gives its A-label form, lower case, without
/// root dot. Errors: the name is no domain (show `detail`, ask for another).
/// Source: RFC 5891 section 4 (IDNA 2008, non-transitional), RFC 8461 section 3.2 for `mx`.
[[nodiscard]] std::expected<DomainName, IdnaError> to_a_labels(std::string_view name);

/// Gives the U-label form of a name for people to read, or the name itself where it has none.
[[nodiscard]] std::string to_u_labels(const DomainName& name);

/// Tells whether a label of the name has Latin letters of ASCII beside Greek or Cyrillic ones, which look
/// like them: rather a slip of the keyboard or of a copy than a name. `name` may be any bytes. Source: UTS 39
/// section 5.1.
[[nodiscard]] bool mixes_alphabets(std::string_view name);

}  // namespace mta_sts
