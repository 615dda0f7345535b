#pragma once

#include <optional>
#include <string_view>

namespace mta_sts {

/// A host name as something is matched against it, split behind its left-most label.
/// Views into the text it was made of.
struct ReferenceName {
  std::string_view name;    ///< without root dot
  std::string_view first;   ///< the left-most label
  std::string_view parent;  ///< what follows the first dot; empty where there is one label
};

/// Takes a host name for matching: one root dot is dropped; nothing where the text is empty, has an empty
/// label, or a byte other than letters, digits, "-" and "_" (so a "*", a NUL or a raw U-label matches
/// nothing). RFC 9525 section 6.3, RFC 7505 (null MX), positions P31, P32.
[[nodiscard]] std::optional<ReferenceName> parse_reference_name(std::string_view host);

}  // namespace mta_sts
