#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::store {

/// The values of one JSON line as they were read, none of them believed yet. They view the line.
struct JsonEntryView {
  std::optional<std::string_view> domain;
  std::optional<std::string_view> profile;
  std::optional<std::string_view> alias;
  std::optional<std::string_view> mode;
  std::optional<std::string_view> max_age;  ///< of a number or a string
  std::optional<std::string_view> serial;   ///< of a number or a string
  std::optional<std::string_view> policy;
  std::vector<std::string_view> mx;  ///< of a list or one string
};

/// Reads one JSON object of known keys, each once; the strings in `line` are unescaped in their place. The
/// error is the end of a sentence: what is wrong and what is allowed.
[[nodiscard]] std::expected<JsonEntryView, std::string> parse_json_entry(std::string& line);

}  // namespace mta_sts::store
