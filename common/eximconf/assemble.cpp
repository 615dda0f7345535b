#include "eximconf/assemble.hpp"

#include <algorithm>
#include <utility>
#include <vector>

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

// Lines of our block in the main section.
bool is_own_line(std::string_view line) {
  constexpr std::string_view list = "hostlist ";
  return (line.starts_with(list) &&
          is_own_name(line.substr(list.size(), line.find(' ', list.size()) - list.size()))) ||
         line.starts_with("MTA_STS_MODE =") || line.starts_with("MTA_STS_RECIPIENTS =");
}

// A line of a file that begins a section. Lines have numbers from 1.
struct SectionLine {
  std::string name;
  std::size_t line = 0;
  std::size_t outside = 0;  // the first line of the conditions (".ifdef") that hold it, else the line itself
};

// Finds the sections of a configuration file. Source: the Exim specification, "Conditional skips in the
// configuration file" and "Configuration file format" (a line that goes on, with comments in between).
std::vector<SectionLine> sections_of(std::string_view file) {
  std::vector<SectionLine> found;
  std::size_t number = 0;
  std::size_t depth = 0;
  std::size_t outermost = 0;
  bool goes_on = false;
  each_line(file, [&](std::string_view line) {
    ++number;
    const std::string_view text = ascii::trim_blanks(line.substr(0, line.find_last_not_of('\r') + 1));
    if (text.starts_with('#')) {
      return;
    }
    if (const bool is_begun = !std::exchange(goes_on, text.ends_with('\\')); !is_begun) {
      return;
    }
    if (text.starts_with(".ifdef") || text.starts_with(".ifndef")) {
      outermost = depth++ == 0 ? number : outermost;
    } else if (text.starts_with(".endif") && depth > 0) {
      --depth;
    } else if (std::string section = section_of(text); !section.empty()) {
      found.push_back(
          {.name = std::move(section), .line = number, .outside = depth > 0 ? outermost : number});
    }
  });
  return found;
}

std::size_t count(const std::vector<SectionLine>& sections, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count(sections, name, &SectionLine::name));
}

// Puts the blocks into the places of the sections.
std::string with_blocks_at(const std::vector<SectionLine>& sections, std::string_view text,
                           const Derivation& blocks) {
  std::string made;
  std::size_t number = 0;
  auto next = sections.begin();
  each_line(text, [&](std::string_view line) {
    ++number;
    if (number == sections.front().outside) {
      made += blocks.main_text + '\n';
    }
    made += line;
    made += '\n';
    if (next != sections.end() && number == next->line) {
      made += next->name == "routers"      ? blocks.routers_text + '\n'
              : next->name == "transports" ? blocks.transports_text + '\n'
                                           : std::string();
      ++next;
    }
  });
  return made;
}

// Leaves out of the output of `exim -bP config` what is ours.
std::string without_blocks(std::string_view flat) {
  std::string made;
  bool is_in_own = false;
  each_line(flat, [&](std::string_view line) {
    const bool is_section = !section_of(line).empty();
    if (const std::string_view label = label_of(line); is_section || !label.empty()) {
      is_in_own = !is_section && is_own_name(label);
    }
    if (!is_in_own && !is_own_line(ascii::trim_blanks(line))) {
      made += line;
      made += '\n';
    }
  });
  return made;
}

}  // namespace

std::string with_blocks(std::string_view flat, const Derivation& blocks) {
  const std::string rest = without_blocks(flat);
  const auto sections = sections_of(rest);
  return sections.empty() ? rest : with_blocks_at(sections, rest, blocks);
}

std::optional<std::string> with_blocks_in_file(std::string_view file, const Derivation& blocks) {
  const auto sections = sections_of(file);
  if (count(sections, "routers") != 1 || count(sections, "transports") != 1) {
    return std::nullopt;
  }
  return with_blocks_at(sections, file, blocks);
}

std::string with_routers_in_front(std::string_view flat, std::string_view routers) {
  std::string made;
  each_line(flat, [&](std::string_view line) {
    made += line;
    made += '\n';
    if (section_of(line) == "routers") {
      made += routers;
    }
  });
  return made;
}

std::size_t line_of_section(std::string_view file, std::string_view section, std::size_t after) {
  for (const SectionLine& one : sections_of(file)) {
    if (one.line > after && (section.empty() || one.name == section)) {
      return section.empty() ? one.outside : one.line;
    }
  }
  return 0;
}

}  // namespace mta_sts::eximconf
