#include "tlsrpt/read/swallowed_header.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.hpp"
#include "tlsrpt/read/mail.hpp"
#include "tlsrpt/read/mbox_separator.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::array<std::string_view, 4> transport_fields = {
    "Received:", "Return-Path:", "Message-ID:", "MIME-Version:"};

// Tells whether `head` with `tail` behind it stands in the line, the case of `head` ignored.
bool has_word(std::string_view line, std::string_view head, std::string_view tail) {
  for (std::size_t at = line.find(tail); at != std::string_view::npos; at = line.find(tail, at + 1)) {
    if (at >= head.size() && ascii::equals_ignoring_case(line.substr(at - head.size(), head.size()), head)) {
      return true;
    }
  }
  return false;
}

bool names_message(std::string_view line) {
  return has_word(line, "message", "/") || has_word(line, "rfc", "822");
}

// What a report, or the part that it is in, is called by, from the mark on.
bool names_report(std::string_view line) {
  if (ascii::starts_with_ignoring_case(line, "tls-report-")) {
    return true;
  }
  constexpr std::array<std::string_view, 7> names = {"=tlsrpt", "=\"tlsrpt", "/tlsrpt", "/json",
                                                     ".json",   "/gzip",     "/x-gzip"};
  for (std::size_t at = 0; at < line.size(); ++at) {
    const bool is_mark = line[at] == '=' || line[at] == '/' || line[at] == '.';
    if (is_mark && std::ranges::any_of(names, [&](std::string_view name) {
          return ascii::starts_with_ignoring_case(line.substr(at), name);
        })) {
      return true;
    }
  }
  return false;
}

bool is_separator(std::string_view line) {
  return separator_form(line.substr(line.starts_with('>') ? 1 : 0)) != SeparatorForm::none;
}

}  // namespace

void SwallowedHeader::line(std::string_view line) {
  const bool is_empty = std::ranges::all_of(line, ascii::is_blank);
  if (line.empty() || (is_empty && !is_own_)) {
    end_block();
    return;
  }
  const bool may_be_separator = line.starts_with('F') || line.starts_with('>');
  if (may_be_separator && !(is_own_ && is_at_begin_) && is_separator(line)) {
    begin_block(true);
    return;
  }
  const bool goes_on = ascii::is_blank(line.front());
  if (!is_own_ && line.starts_with("--")) {
    begin_block(false);
    is_behind_boundary_ = true;  // a part's boundary begins its header
    return;
  }
  if (!is_block_) {
    return;
  }
  // A line or two that are damaged, or that some program has put there, do not hide a header.
  constexpr unsigned odd_lines_limit = 2;
  odd_lines_ += goes_on || is_own_ || begins_with_field(line) ? 0 : 1;
  is_block_ = odd_lines_ <= odd_lines_limit;
  if (!is_block_) {
    return;
  }
  is_at_begin_ = false;
  const bool is_of_content = is_behind_boundary_ && ascii::starts_with_ignoring_case(line, "Content-");
  says_message_ = says_message_ || is_of_content || names_message(line);
  if (!is_of_a_part_) {
    has_from_ = has_from_ || ascii::starts_with_ignoring_case(line, "From:");
    has_transport_ = has_transport_ || std::ranges::any_of(transport_fields, [&](std::string_view field) {
                       return ascii::starts_with_ignoring_case(line, field);
                     });
  }
  names_report_ = names_report_ || (!is_own_ && names_report(line));
}

void SwallowedHeader::begin_block(bool is_behind_separator) {
  is_of_a_part_ = is_of_a_part_ && is_at_begin_ && is_behind_separator;
  is_own_ = is_at_begin_ = is_behind_boundary_ = false;
  is_block_ = true;
  odd_lines_ = 0;
  is_behind_separator_ = is_behind_separator;
  says_message_ = has_from_ = has_transport_ = names_report_ = false;
}

void SwallowedHeader::end_block() {
  const bool is_header = is_block_ && (has_from_ || names_report_) && has_transport_ && !is_of_a_part_;
  is_found_ = is_found_ || is_header;
  may_hide_report_ = may_hide_report_ || (is_header && is_behind_separator_) || (is_found_ && names_report_);
  is_of_a_part_ = is_block_ && says_message_;
  is_own_ = is_behind_separator_ = is_behind_boundary_ = false;
  is_at_begin_ = is_block_ = true;
  odd_lines_ = 0;
  says_message_ = has_from_ = has_transport_ = names_report_ = false;
}

}  // namespace mta_sts::tlsrpt
