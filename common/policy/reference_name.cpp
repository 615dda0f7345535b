#include "policy/reference_name.hpp"

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mta_sts {

std::optional<ReferenceName> parse_reference_name(std::string_view host) {
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  const auto is_label_byte = [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; };
  ReferenceName reference{.name = host, .first = {}, .parent = {}};
  text::Cursor cursor(host);
  while (true) {
    const std::string_view label = cursor.take_while(is_label_byte);
    if (label.empty()) {
      return std::nullopt;
    }
    if (reference.first.empty()) {
      reference.first = label;
    }
    if (cursor.at_end()) {
      return reference;
    }
    if (!cursor.take('.')) {
      return std::nullopt;
    }
    if (reference.parent.empty()) {
      reference.parent = cursor.rest();
    }
  }
}

}  // namespace mta_sts
