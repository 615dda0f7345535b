#include "publish/placeholder.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/ascii.hpp"

namespace mta_sts::publish {
namespace {

constexpr std::string_view documentation_domains[] = {"example.com", "example.net", "example.org"};

// The companies of Microsoft's and Google's documentation.
constexpr std::string_view example_companies[] = {"contoso.com", "fabrikam.com", "solarmora.com"};

// Labels, without their hyphens and underscores. "yourserver", "yourhosting" and "mydomain" (a registrar's)
// are names of real hosts.
constexpr std::string_view words[] = {
    "yourdomain",       "yourdomainname",
    "yourdomainhere",   "yourdomaincom",
    "yourcompany",      "yourorg",
    "yourmx",           "yourmxhost",
    "yourmxhosthere",   "yourmxrecord",
    "yourmxserver",     "yourmxhere",
    "yourmailserver",   "yourmailhost",
    "yourtenant",       "yourtenantname",
    "yourname",         "yourhostname",
    "mydomaincom",      "somedomain",
    "mxhostname",       "mailserverfqdn",
    "placeholder",      "changeme",
    "replaceme",        "tld",
    "yourorganization",
};

constexpr std::size_t name_limit = 255;

bool is_at_or_below(std::string_view name, std::string_view domain) {
  return name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                            name[name.size() - domain.size() - 1] == '.');
}

bool is_word(std::string_view label) {
  std::string letters;
  std::ranges::copy_if(label, std::back_inserter(letters), [](char c) { return c != '-' && c != '_'; });
  return std::ranges::find(words, letters) != std::end(words);
}

// "[192.0.2.1]", "[IPv6:2001:db8::1]": an address as mail writes it. RFC 5321 section 4.1.3.
bool is_address_literal(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) {
    return false;
  }
  const std::string inner = ascii::to_lower(text.substr(1, text.size() - 2));
  const bool has_tag = inner.starts_with("ipv6:");
  return has_tag || (!inner.empty() && inner.find_first_not_of("0123456789.") == std::string::npos) ||
         (inner.find(':') != std::string::npos &&
          inner.find_first_not_of("0123456789abcdef.:") == std::string::npos);
}

}  // namespace

bool has_placeholder_marks(std::string_view text) {
  return !is_address_literal(text) && (text.find_first_of("<>[]{}$%") != std::string_view::npos ||
                                       text.find("...") != std::string_view::npos);
}

bool is_documentation_name(std::string_view name) {
  return std::ranges::any_of(documentation_domains,
                             [&](std::string_view domain) { return is_at_or_below(name, domain); });
}

bool is_placeholder(std::string_view text) {
  if (has_placeholder_marks(text)) {
    return true;
  }
  if (text.size() > name_limit) {
    return false;
  }
  const std::string lower = ascii::to_lower(text);
  std::string_view name = lower;
  const auto is_of = [&](std::string_view domain) { return is_at_or_below(name, domain); };
  if (is_documentation_name(name) || std::ranges::any_of(example_companies, is_of)) {
    return true;
  }
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('.'), name.size());
    if (is_word(name.substr(0, end))) {
      return true;
    }
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

}  // namespace mta_sts::publish
