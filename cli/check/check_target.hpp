#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/domain_name.hpp"
#include "base/fault.hpp"

namespace mta_sts::cli {

/// A domain that someone asked to check, and what was made of their words.
struct CheckTarget {
  DomainName domain;
  std::string shown;   ///< U-labels where the name has them
  std::string remark;  ///< a sentence to say, e.g. that an e-mail address's domain is taken; often empty
};

/// Reads what people type where a domain is wanted: a domain in A- or U-labels, or an e-mail address, whose
/// domain is taken. Error: bad-domain, which says what it is instead (a URL, an address, a top-level domain)
/// and what to give; exit with wrong_use.
[[nodiscard]] std::expected<CheckTarget, Fault> parse_check_target(std::string_view words);

}  // namespace mta_sts::cli
