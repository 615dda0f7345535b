#pragma once

#include <string>
#include <string_view>

#include "base/fault.hpp"
#include "base/paint.hpp"

namespace mta_sts::cli {

enum class Colour { red, yellow, green, bold };

/// Writes results to standard output and messages to standard error. Colours are for terminals alone, and
/// never where NO_COLOR is set. Text from outside goes through text::escape_for_display before it comes here.
class Output {
 public:
  Output();

  /// Writes to standard output as it is, without a line end of its own.
  void text(std::string_view text);

  /// Writes to standard output with a line end.
  void line(std::string_view text);

  /// Writes `mta-sts: error: word: detail`, `mta-sts: warning: …` or `mta-sts: …` and a line end to standard
  /// error.
  void error(const Fault& fault);
  void error(std::string_view word, std::string_view detail);  ///< `word`: the name of an enumerator
  void warning(std::string_view message);
  void note(std::string_view message);

  /// Writes a line to standard error as it is, beside a result that has standard output for itself.
  void aside(std::string_view line);

  /// Gives `text` in a colour where standard output is a terminal, else as it is.
  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const;

  /// The same for text whose role is known; it views this object.
  [[nodiscard]] Paint painter() const;

  /// Ends the writing; false where something could not be written (a full disk).
  [[nodiscard]] bool finish();

 private:
  void message(std::string_view kind, Colour colour, std::string_view message);

  bool colour_out_;
  bool colour_err_;
};

}  // namespace mta_sts::cli
