#include "eximconf/assemble.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"

namespace mta_sts::eximconf {
namespace {

template <typename Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// The section that a line begins, else empty.
std::string_view section_of(std::string_view line) {
  line = ascii::trim_blanks(line);
  if (!ascii::starts_with_ignoring_case(line, "begin") || line.size() < 7 || !ascii::is_blank(line[5])) {
    return {};
  }
  line = ascii::trim_blanks(line.substr(6));
  return line.substr(0, line.find_first_of(" \t\r"));
}

// Lines of our block in the main section.
bool is_own_line(std::string_view line) {
  return line.starts_with("hostlist mta_sts_") || line.starts_with("MTA_STS_MODE =") ||
         line.starts_with("MTA_STS_RECIPIENTS =");
}

// Puts the blocks into a text line by line.
class Assembly {
 public:
  explicit Assembly(const Derivation& blocks) : blocks_(blocks) {}

  void take(std::string_view line) {
    const std::string_view section = section_of(line);
    if (!section.empty()) {
      if (!std::exchange(has_main_, true)) {
        made_ += blocks_.main_text + '\n';
      }
      is_in_own_ = false;
    }
    add(line);
    if (ascii::equals_ignoring_case(section, "routers")) {
      made_ += blocks_.routers_text + '\n';
      ++routers_;
    } else if (ascii::equals_ignoring_case(section, "transports")) {
      made_ += blocks_.transports_text + '\n';
      ++transports_;
    }
  }

  // For the output of `exim -bP config`: leaves out what is ours.
  void take_flat(std::string_view line) {
    const std::string_view text = ascii::trim_blanks(line);
    const bool is_label = text.ends_with(':') && text.find_first_of(" =") == text.npos;
    if (is_label) {
      is_in_own_ = text.starts_with(own_prefix);
    }
    if (!section_of(line).empty() || (!is_in_own_ && !is_own_line(text))) {
      take(line);
    }
  }

  [[nodiscard]] bool is_whole() const { return routers_ == 1 && transports_ == 1; }
  std::string result() && { return std::move(made_); }

 private:
  void add(std::string_view line) {
    made_ += line;
    made_ += '\n';
  }

  const Derivation& blocks_;
  std::string made_;
  bool has_main_ = false;
  bool is_in_own_ = false;
  int routers_ = 0;
  int transports_ = 0;
};

}  // namespace

std::string with_blocks(std::string_view flat, const Derivation& blocks) {
  Assembly assembly(blocks);
  each_line(flat, [&](std::string_view line) { assembly.take_flat(line); });
  return std::move(assembly).result();
}

std::optional<std::string> with_blocks_in_file(std::string_view file, const Derivation& blocks) {
  Assembly assembly(blocks);
  each_line(file, [&](std::string_view line) { assembly.take(line); });
  return assembly.is_whole() ? std::optional(std::move(assembly).result()) : std::nullopt;
}

std::size_t line_of_section(std::string_view file, std::string_view section, std::size_t after) {
  std::size_t number = 0;
  std::size_t found = 0;
  each_line(file, [&](std::string_view line) {
    ++number;
    const std::string_view begun = section_of(line);
    if (found == 0 && number > after && !begun.empty() &&
        (section.empty() || ascii::equals_ignoring_case(begun, section))) {
      found = number;
    }
  });
  return found;
}

}  // namespace mta_sts::eximconf
