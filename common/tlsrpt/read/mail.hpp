#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace mta_sts::tlsrpt {

/// The longest message that is read: a report of unpacked_limit_bytes in base64, and some room.
inline constexpr std::size_t mail_limit_bytes = std::size_t{32} << 20;

/// Tells whether a mail has at most ten thousand lines that could be a part's boundary, twice as many that
/// could be header fields, and no field over 256 KiB. MIME libraries spend a hundred times the bytes on
/// each: ask before read_mail.
[[nodiscard]] bool has_sane_structure(std::string_view mail);

/// A leaf of a mail, with what the message around it says.
struct MailPart {
  std::string media_type;        ///< lower case, "application/tlsrpt+gzip"
  std::string file_name;         ///< as the sender gave it: a hint, never a path
  std::string bytes;             ///< decoded
  bool is_text = false;          ///< a part for people
  std::string report_domain;     ///< header TLS-Report-Domain of the message it is in
  std::string report_submitter;  ///< header TLS-Report-Submitter
  bool is_in_report = false;     ///< the whole mail is a multipart/report with report-type=tlsrpt

  bool operator==(const MailPart&) const = default;
};

/// Walks all parts of one mail of any shape, forwarded messages included. What MIME cannot make sense of has
/// no parts. Source: RFC 8460 section 5.3.
void read_mail(std::string_view bytes, const std::function<void(MailPart&)>& accept);

/// The text without a byte order mark.
[[nodiscard]] std::string_view without_mark(std::string_view bytes);

/// The mail without what should not stand around it: a byte order mark, blank lines, an mbox's separator that
/// was quoted (">From "), the first and last lines of an .emlx file.
[[nodiscard]] std::string_view mail_front(std::string_view bytes);

/// Tells whether the text begins with a header field of a mail, RFC 5322 section 2.2.
[[nodiscard]] bool begins_with_field(std::string_view bytes);

/// The same, with a letter first: what else may begin so is taken for other text.
[[nodiscard]] bool looks_like_mail(std::string_view bytes);

}  // namespace mta_sts::tlsrpt
