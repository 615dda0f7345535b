#pragma once

#include <string_view>

namespace mta_sts::tlsrpt {

/// Looks through the lines of a message for the header of another one that it swallowed: From and a field
/// that only transport writes, behind a blank line, a part's boundary or what may be an mbox's separator.
/// That of a message/rfc822 or text/rfc822-headers part is no such thing.
class SwallowedHeader {
 public:
  /// Begins a message; its own header, which comes first, is none.
  void begin_message() { *this = SwallowedHeader(); }

  /// Takes a line without its line end and byte order mark.
  void line(std::string_view line);

  /// Ends the message.
  void finish() { end_block(); }

  [[nodiscard]] bool is_found() const { return is_found_; }

  /// Tells whether a report may be lost: a separator stood before the header, or it or what follows names
  /// one. Without that it is what a bounce quotes.
  [[nodiscard]] bool may_hide_report() const { return is_found_ && may_hide_report_; }

 private:
  void begin_block(bool is_behind_separator);
  void end_block();

  bool is_own_ = true;        // the message's own header has not ended
  bool is_at_begin_ = true;   // no line of the block has come
  bool is_block_ = true;      // all lines of it, but for a few, are of a header
  unsigned odd_lines_ = 0;    // that are none
  bool is_of_a_part_ = true;  // the block before named it as a message
  bool is_behind_separator_ = false;
  bool is_behind_boundary_ = false;
  bool says_message_ = false;  // what follows is a part, or a message in one
  bool has_from_ = false;
  bool has_transport_ = false;
  bool names_report_ = false;
  bool is_found_ = false;
  bool may_hide_report_ = false;
};

}  // namespace mta_sts::tlsrpt
