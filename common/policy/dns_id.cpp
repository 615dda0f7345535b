#include "policy/dns_id.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/domain_name.hpp"
#include "policy/reference_name.hpp"

namespace mta_sts {
namespace {

bool is_wildcard_label(std::string_view label) {
  return std::ranges::all_of(label, [](char c) { return ascii::is_alnum(c) || c == '-'; });  // P31: no "_"
}

// Tells whether a wildcard may stand above this parent: host labels alone, and two of them (P29).
bool may_have_wildcard(std::string_view parent) {
  text::Cursor cursor(parent);
  std::size_t labels = 0;
  do {
    if (!is_host_label(cursor.take_while([](char c) { return c != '.'; }))) {
      return false;
    }
    ++labels;
  } while (cursor.take('.'));
  return labels >= 2;
}

bool matches(std::string_view dns_name, const ReferenceName& host) {
  if (dns_name.starts_with("*.")) {
    return is_wildcard_label(host.first) && may_have_wildcard(host.parent) &&
           ascii::equals_ignoring_case(dns_name.substr(2), host.parent);
  }
  return ascii::equals_ignoring_case(dns_name, host.name);
}

}  // namespace

bool matches_dns_id(std::span<const std::string_view> dns_names, std::string_view host) {
  const auto reference = parse_reference_name(host);
  return reference && std::ranges::any_of(dns_names, [&](std::string_view dns_name) {
           return matches(dns_name, *reference);
         });
}

}  // namespace mta_sts
