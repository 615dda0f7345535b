#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/domain_name.hpp"

namespace mta_sts::cli {

/// A domain that someone asked to check, and what was made of their words.
struct CheckTarget {
  DomainName domain;
  std::string shown;   ///< U-labels where the name has them
  std::string remark;  ///< a sentence to say, e.g. that an e-mail address's domain is taken; often empty
};

/// Reads what people type where a domain is wanted: a domain in A- or U-labels, or an e-mail address, whose
/// domain is taken. Error: one sentence that says what it is instead and what to give (a URL, an address, a
/// top-level domain, no domain at all); exit with wrong_use.
[[nodiscard]] std::expected<CheckTarget, std::string> parse_check_target(std::string_view words);

}  // namespace mta_sts::cli
