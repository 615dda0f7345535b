#pragma once

#include <cstdint>
#include <string_view>

namespace mta_sts {

/// What a member of a TLSRPT `rua` list is.
enum class ReportUri : std::uint8_t {
  malformed,  ///< no URI, or one that names nobody to report to
  usable,     ///< mailto with an address, or https with a host
  other,      ///< a well-formed URI of another scheme
};

/// Tells what `uri` is: RFC 3986 with "!" (and what cannot stand in the list anyway) percent-encoded.
/// RFC 8460 section 3, RFC 6068 section 2, R138, position P28.
[[nodiscard]] ReportUri classify_report_uri(std::string_view uri);

}  // namespace mta_sts
