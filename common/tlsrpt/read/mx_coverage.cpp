#include "tlsrpt/read/mx_coverage.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"
#include "idna/idna.hpp"
#include "tlsrpt/read/report_names.hpp"

namespace mta_sts::tlsrpt {
namespace {

bool has_port(std::string_view text, std::size_t colon) {
  const std::string_view port = text.substr(colon + 1);
  return !port.empty() && std::ranges::all_of(port, ascii::is_digit);
}

// The name in A-labels; nothing of an address, of one label, and of what is no name.
std::optional<std::string> read_name(std::string_view text) {
  if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos && has_port(text, colon)) {
    text = text.substr(0, colon);
  }
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
  }
  std::string name;
  if (has_u_label(text)) {
    const auto a_labels = to_a_labels(text);
    name = a_labels ? a_labels->text() : std::string();
  } else {
    const auto parsed = DomainName::parse(text);
    name = parsed ? parsed->text() : std::string();
  }
  return name.find('.') == std::string::npos ? std::nullopt : std::optional(std::move(name));
}

}  // namespace

bool split_mx_patterns(std::string_view text, std::vector<std::string>& patterns) {
  const auto is_separator = [](char c) { return c == ' ' || c == '\t' || c == ',' || c == ';'; };
  constexpr std::string_view key = "mx:";  // of a policy's line
  std::size_t found = 0;
  bool has_key = false;
  while (patterns.size() < mx_pattern_limit) {
    text.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(text, is_separator) - text.begin()));
    if (ascii::starts_with_ignoring_case(text, key)) {
      text.remove_prefix(key.size());
      has_key = true;
      continue;
    }
    if (text.empty()) {
      break;
    }
    const auto end = static_cast<std::size_t>(std::ranges::find_if(text, is_separator) - text.begin());
    patterns.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    ++found;
  }
  return found == 1 && !has_key;
}

MxCoverage::MxCoverage(std::span<const std::string> patterns)
    : is_readable_(!patterns.empty() && patterns.size() < mx_pattern_limit) {
  for (const std::string& pattern : patterns) {
    if (is_readable_) {
      add(pattern);
    }
  }
}

void MxCoverage::add(std::string_view pattern) {
  const bool is_wildcard = pattern.starts_with("*.");
  const bool is_domain = pattern.starts_with('.');
  auto name = read_name(pattern.substr(is_wildcard ? 2 : is_domain ? 1 : 0));
  is_readable_ = name.has_value();
  if (name) {
    (is_wildcard ? parents_ : is_domain ? domains_ : names_).insert(*std::move(name));
  }
}

bool MxCoverage::leaves_out(std::string_view host) const {
  const auto name = is_readable_ ? read_name(host) : std::nullopt;
  if (!name || names_.contains(*name)) {
    return false;
  }
  bool is_first = true;
  for (std::size_t dot = name->find('.'); dot != std::string::npos; dot = name->find('.', dot + 1)) {
    const std::string parent = name->substr(dot + 1);
    if ((is_first && parents_.contains(parent)) || domains_.contains(parent)) {
      return false;
    }
    is_first = false;
  }
  return true;
}

}  // namespace mta_sts::tlsrpt
