#pragma once

#include <cstdint>
#include <string_view>

namespace mta_sts::tlsrpt {

/// How sure a line of an mbox is a separator.
enum class SeparatorForm : std::uint8_t {
  none,      ///< it does not begin with "From "
  sentence,  ///< "From here on": it could begin a paragraph
  bare,      ///< "From", "From -", "From ADDRESS": no paragraph, but a line of one perhaps
  dated,     ///< behind it a date with a time: no text looks like that
};

/// Judges a line without its line end. RFC 4155 appendix A, and the dates of ISO 8601 and RFC 5322.
[[nodiscard]] SeparatorForm separator_form(std::string_view line);

}  // namespace mta_sts::tlsrpt
