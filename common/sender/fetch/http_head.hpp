#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::sender {

/// The head of one HTTP answer, taken line by line as the wire had it and held to RFC 9112 and 9113: a policy
/// decides over plain text or TLS, so nothing that two readers could read differently is let through (P20).
/// It keeps only the fields that a policy's fetch looks at.
class HttpHead {
 public:
  /// Takes the next line with its line end: status lines, fields, the empty line, and the trailer fields
  /// after it. False: the head is broken (see fault()), stop reading. Total: any bytes, bounded memory.
  bool parse_line(std::string_view line);

  /// Tells what is wrong with the head, safe to show; empty while nothing is.
  [[nodiscard]] const std::string& fault() const { return fault_; }

  [[nodiscard]] bool ended() const { return state_ == State::trailer; }
  [[nodiscard]] int status() const { return status_; }  ///< of the final answer; 0 before it
  [[nodiscard]] bool is_h2() const { return version_ == Version::h2; }
  [[nodiscard]] bool is_chunked() const { return !transfer_encodings_.empty(); }
  [[nodiscard]] bool has_length() const { return !content_lengths_.empty(); }
  [[nodiscard]] const std::vector<std::string>& content_types() const { return content_types_; }
  [[nodiscard]] const std::string& location() const { return location_; }

  /// Tells whether any content coding was applied; none is asked for.
  [[nodiscard]] bool has_content_coding() const { return has_content_coding_; }

  /// Tells what is wrong with Content-Length and Transfer-Encoding together; empty where nothing is.
  [[nodiscard]] std::string framing_fault() const;

  /// Gives the declared length where has_length() and no framing_fault(); a number over `limit` is given as
  /// limit + 1.
  [[nodiscard]] std::size_t declared_length(std::size_t limit) const;

 private:
  enum class State { status_line, fields, trailer };
  enum class Version { none, http_1_0, http_1_1, h2 };

  bool parse_status_line(std::string_view line);
  bool parse_field(std::string_view line);
  bool end_head();
  bool broken(std::string_view fault);

  State state_ = State::status_line;
  Version version_ = Version::none;
  int status_ = 0;
  int pending_status_ = 0;
  std::size_t interim_answers_ = 0;
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::string> content_types_;
  std::vector<std::string> content_lengths_;
  std::vector<std::string> transfer_encodings_;
  std::string location_;
  bool has_content_coding_ = false;
  std::string fault_;
};

}  // namespace mta_sts::sender
