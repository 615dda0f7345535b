#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eximconf/configuration.hpp"

namespace mta_sts::eximconf {

/// Gives the names that an option may have as its value: the text itself without variables, or the results of
/// an
/// "${if …{a}{b}}" whose branches are such texts again; some more words may be among them. Nothing where the
/// value is put together or looked up, so that it may be any. Source: the Exim specification, "Expansion
/// items".
[[nodiscard]] std::optional<std::vector<std::string>> choices_of(std::string_view text);

/// Tells whether a router may hand mail to that transport: it names it, or its transport may be any.
[[nodiscard]] bool may_use(const Instance& router, std::string_view transport);

}  // namespace mta_sts::eximconf
