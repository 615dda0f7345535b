#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace mta_sts {

/// Why a text is no domain name; the caller shows the word and asks for another name.
enum class DomainNameError : std::uint8_t {
  empty,           ///< no text, or only the root dot
  too_long,        ///< over 253 bytes
  empty_label,     ///< two dots in a row, or a leading one
  label_too_long,  ///< a label over 63 bytes
  bad_character,   ///< not a letter, digit or inner hyphen (U-labels go through idna first)
  address,         ///< an IPv4 address, or an address literal in brackets
};

[[nodiscard]] std::string_view to_string(DomainNameError error);

/// Says what is wrong, as the end of a sentence: "it has two dots in a row".
[[nodiscard]] std::string_view explain(DomainNameError error);

/// The longest name in text form, without the root dot. RFC 1035 section 2.3.4.
inline constexpr std::size_t domain_name_limit_bytes = 253;
inline constexpr std::size_t label_limit_bytes = 63;

/// Tells whether `label` is a label of a host name: 1 to 63 letters, digits and hyphens, no hyphen at
/// either end. RFC 5321 section 4.1.2 (sub-domain).
[[nodiscard]] bool is_host_label(std::string_view label);

/// A host name of A-labels in lower case, without the root dot; always valid once made.
class DomainName {
 public:
  /// Reads a name in any case, one root dot allowed at its end. Errors: see DomainNameError.
  /// Source: RFC 5321 section 4.1.2 (Domain), RFC 1035 section 2.3.4.
  [[nodiscard]] static std::expected<DomainName, DomainNameError> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }

  auto operator<=>(const DomainName&) const = default;

 private:
  explicit DomainName(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace mta_sts
