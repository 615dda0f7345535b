#include "tlsrpt/read/declared_report.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.hpp"

namespace mta_sts::tlsrpt {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, ascii::is_digit);
}

// A line of Content-Type or Content-Disposition.
bool names_report(std::string_view line) {
  const std::string lower = ascii::to_lower(line);
  if (lower.contains("/tlsrpt") || (lower.contains("report-type") && lower.contains("tlsrpt"))) {
    return true;
  }
  const std::size_t name = lower.find("name=");
  if (name == std::string::npos) {
    return false;
  }
  std::string_view value = std::string_view(lower).substr(name + 5);
  value.remove_prefix(value.starts_with('"') ? 1 : 0);
  return is_report_name(value.substr(0, value.find_first_of("\"; \t\r")));
}

}  // namespace

bool is_report_name(std::string_view name) {
  std::string lower = ascii::to_lower(name.substr(name.find_last_of('/') + 1));
  if (lower.ends_with(".gz")) {
    lower.resize(lower.size() - 3);
  }
  if (!lower.ends_with(".json")) {
    return false;
  }
  std::string_view rest = std::string_view(lower).substr(0, lower.size() - 5);
  std::array<std::string_view, 4> parts;  // sender, domain, begin, end
  for (std::string_view& part : parts) {
    part = rest.substr(0, rest.find('!'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  return !parts[0].empty() && !parts[1].empty() && is_number(parts[2]) && is_number(parts[3]);
}

bool declares_report(std::string_view mail) {
  bool is_content = false;  // a field that says what a message or part is, or a line that it is folded into
  while (!mail.empty()) {
    const std::string_view line = take_line(mail);
    const bool is_folded = !line.empty() && ascii::is_blank(line.front());
    is_content = is_folded ? is_content : ascii::starts_with_ignoring_case(line, "Content-");
    const bool is_field = ascii::starts_with_ignoring_case(line, "TLS-Report-Domain:") ||
                          ascii::starts_with_ignoring_case(line, "TLS-Report-Submitter:");
    if (is_field || (is_content && names_report(line))) {
      return true;
    }
  }
  return false;
}

}  // namespace mta_sts::tlsrpt
