#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "publish/policy_causes.hpp"

namespace mta_sts::publish {

/// Recognises a file that is no lines of text "name: value" at all: UTF-16, RTF, HTML, JSON or a TXT record.
/// Works on any bytes.
[[nodiscard]] std::optional<PolicyCause> find_foreign_format(std::string_view file);

/// Where a field stands in a line, in bytes from 0; without what separates it from the next.
struct FieldPlace {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Finds the defined fields in a line: the one at its beginning, and any that follow it on the same line,
/// between blanks, commas, semicolons or a backslash and n. Empty where something else stands first.
[[nodiscard]] std::vector<FieldPlace> find_fields(std::string_view line);

}  // namespace mta_sts::publish
