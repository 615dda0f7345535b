#pragma once

#include <string>
#include <vector>

#include "check/case.hpp"

namespace mta_sts::check {

/// Gives the texts of an answer, each record's strings joined.
[[nodiscard]] std::vector<std::string> texts_of(const TxtAnswer& answer);

/// Gives those of them that mean to be an STSv1 record.
[[nodiscard]] std::vector<std::string> sts_like(const TxtAnswer& answer);

/// Tells whether a TXT answer is the wildcard's, which answers everywhere: that is C07's finding, not one of
/// every name that was asked.
[[nodiscard]] bool is_of_wildcard(const Case& c, const TxtFact& fact);

}  // namespace mta_sts::check
