#include "cli/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/enum_names.hpp"
#include "cli/broken_pipe.hpp"

namespace mta_sts::cli {
namespace {

bool wants_colour(int descriptor) {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return (refused == nullptr || *refused == '\0') && !dumb && isatty(descriptor) == 1;
}

std::string painted(Colour colour, std::string_view text) {
  static constexpr auto codes = enum_names<Colour>({
      {Colour::red, "31"},
      {Colour::yellow, "33"},
      {Colour::green, "32"},
      {Colour::bold, "1"},
  });
  return "\x1b[" + std::string(codes[colour]) + "m" + std::string(text) + "\x1b[0m";
}

// A failure stays noted in the stream: finish() reports it, but for that of nobody reading.
void note_failure(bool is_done) {
  if (!is_done && errno == EPIPE) {
    end_by_broken_pipe();
  }
}

void put(std::string_view text, std::FILE* stream) {
  note_failure(std::fwrite(text.data(), 1, text.size(), stream) == text.size());
}

bool flush(std::FILE* stream) {
  const bool is_done = std::fflush(stream) == 0;
  note_failure(is_done);
  return is_done;
}

}  // namespace

Output::Output() : colour_out_(wants_colour(STDOUT_FILENO)), colour_err_(wants_colour(STDERR_FILENO)) {}

void Output::text(std::string_view text) {
  put(text, stdout);
}

void Output::line(std::string_view text) {
  put(text, stdout);
  put("\n", stdout);
}

void Output::error(const Fault& fault) {
  error(fault.word.text(), fault.detail);
}

void Output::error(std::string_view word, std::string_view detail) {
  message("error: ", Colour::red, to_line(word, detail));
}

void Output::warning(std::string_view text) {
  message("warning: ", Colour::yellow, text);
}

void Output::note(std::string_view text) {
  message("", Colour::bold, text);
}

void Output::aside(std::string_view line) {
  put(line, stderr);
  put("\n", stderr);
}

std::string Output::paint(Colour colour, std::string_view text) const {
  return colour_out_ ? painted(colour, text) : std::string(text);
}

Paint Output::painter() const {
  return [this](TextRole role, std::string_view text) {
    switch (role) {
      case TextRole::heading:
        return paint(Colour::bold, text);
      case TextRole::good:
        return paint(Colour::green, text);
      case TextRole::warning:
        return paint(Colour::yellow, text);
      case TextRole::error:
        return paint(Colour::red, text);
      case TextRole::plain:
        break;
    }
    return std::string(text);
  };
}

bool Output::finish() {
  const bool flushed = flush(stdout);
  return flushed && std::ferror(stdout) == 0;
}

void Output::message(std::string_view kind, Colour colour, std::string_view text) {
  // Results that were written before must not appear behind the message where both go to one terminal.
  static_cast<void>(flush(stdout));
  std::string line = "mta-sts: ";
  line += colour_err_ && !kind.empty() ? painted(colour, kind) : std::string(kind);
  line += text;
  line += '\n';
  put(line, stderr);
}

}  // namespace mta_sts::cli
