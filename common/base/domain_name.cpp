#include "base/domain_name.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/enum_names.hpp"

namespace mta_sts {
namespace {

bool is_ipv4_like(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return ascii::is_digit(c) || c == '.'; });
}

}  // namespace

std::string_view to_string(DomainNameError error) {
  using enum DomainNameError;
  static constexpr auto words = enum_names<DomainNameError>({
      {empty, "domain-empty"},
      {too_long, "domain-too-long"},
      {empty_label, "domain-empty-label"},
      {label_too_long, "domain-label-too-long"},
      {bad_character, "domain-bad-character"},
      {address, "domain-is-address"},
  });
  return words[error];
}

std::string_view explain(DomainNameError error) {
  using enum DomainNameError;
  static constexpr auto words = enum_names<DomainNameError>({
      {empty, "it is empty"},
      {too_long, "it is longer than 253 bytes"},
      {empty_label, "a label is empty: a dot stands at the beginning, or two in a row"},
      {label_too_long, "a label is longer than 63 bytes"},
      {bad_character, "labels are letters, digits and inner hyphens"},
      {address, "it is an address, and a name is needed"},
  });
  return words[error];
}

bool is_host_label(std::string_view label) {
  return !label.empty() && label.size() <= label_limit_bytes && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return ascii::is_alnum(c) || c == '-'; });
}

std::expected<DomainName, DomainNameError> DomainName::parse(std::string_view text) {
  if (text.ends_with('.')) {
    text.remove_suffix(1);
  }
  if (text.empty()) {
    return std::unexpected(DomainNameError::empty);
  }
  if (text.size() > domain_name_limit_bytes) {
    return std::unexpected(DomainNameError::too_long);
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    const std::string_view label = text.substr(begin, end - begin);
    if (label.empty()) {
      return std::unexpected(DomainNameError::empty_label);
    }
    if (label.size() > label_limit_bytes) {
      return std::unexpected(DomainNameError::label_too_long);
    }
    if (!is_host_label(label)) {
      return std::unexpected(label.front() == '[' ? DomainNameError::address
                                                  : DomainNameError::bad_character);
    }
    begin = end + 1;
  }
  if (is_ipv4_like(text)) {
    return std::unexpected(DomainNameError::address);
  }
  return DomainName(ascii::to_lower(text));
}

}  // namespace mta_sts
