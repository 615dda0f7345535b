#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::tlsrpt {

/// What a JSON text is made of, told in its order. Each function tells whether to go on.
class JsonEvents {
 public:
  virtual ~JsonEvents() = default;

  /// A value that is neither a string nor a bracket: null, true, false, or a number as it is written.
  virtual bool literal(std::string_view written) = 0;
  /// A decoded string; `is_plain` where it has ASCII alone, and no control.
  virtual bool string(std::string_view text, bool is_plain) = 0;
  virtual bool key(std::string_view name) = 0;
  virtual bool open(char bracket) = 0;
  virtual bool close(char bracket) = 0;
};

/// Why a JSON text was left.
enum class JsonEnd : std::uint8_t {
  whole,
  syntax,     ///< not RFC 8259's grammar
  cut_short,  ///< the text ends too early
  too_deep,   ///< over json_depth_limit
  stopped,    ///< an event said so
};

/// Parses one JSON text of UTF-8, strictly and without recursion; in a string half a surrogate pair becomes
/// U+FFFD. A number of any size is a number: what it means is for the reader to say. RFC 8259.
class JsonParser {
 public:
  JsonParser(std::string_view text, JsonEvents& events) : text_(text), events_(events) {}

  /// Parses the value that the text begins with; what follows it is not looked at.
  [[nodiscard]] JsonEnd parse();

  /// Where the parsing ended: behind the value, or at what is wrong.
  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] bool has_lone_surrogate() const { return has_lone_surrogate_; }

 private:
  enum class Expect : std::uint8_t { value, value_or_end, key, key_or_end, comma_or_end };

  JsonEnd step();
  JsonEnd parse_value();
  JsonEnd parse_key();
  JsonEnd parse_comma_or_end();
  JsonEnd parse_literal(std::string_view word);
  JsonEnd parse_number();
  JsonEnd parse_close();
  JsonEnd scan_string(std::string_view& value, bool& is_plain);
  JsonEnd decode_string(std::string_view& value);
  bool decode_escape();
  bool decode_unicode();
  void put(char32_t code_point);
  void skip_space();
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] JsonEnd fault() const { return at_end() ? JsonEnd::cut_short : JsonEnd::syntax; }
  void value_done() { expect_ = Expect::comma_or_end; }

  std::string_view text_;
  JsonEvents& events_;
  std::size_t at_ = 0;
  Expect expect_ = Expect::value;
  std::string brackets_;  // the open ones
  std::string decoded_;
  bool has_lone_surrogate_ = false;
};

}  // namespace mta_sts::tlsrpt
