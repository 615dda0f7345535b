#include "eximconf/configuration.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/number.hpp"
#include "eximconf/hosts.hpp"

namespace mta_sts::eximconf {
namespace {

// What stands behind our prefix, before the name of the administrator's.
constexpr std::array<std::string_view, 13> own_kinds{"ask_",     "begin_",   "enforce_", "ignored_", "keep_",
                                                     "observe_", "plain_",   "report_",  "take_",    "temp_",
                                                     "testing_", "verdict_", "wait_"};

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return ascii::is_alnum(c) || c == '_'; });
}

std::string_view leading_name(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, [](char c) { return ascii::is_alnum(c) || c == '_'; });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

EximOption read_option(std::string_view line) {
  EximOption option{.name = {}, .value = {}, .text = std::string(line)};
  if (line.starts_with("hide ")) {
    line = ascii::trim_blanks(line.substr(5));
  }
  option.name = leading_name(line);
  const std::string_view rest = ascii::trim_blanks(line.substr(option.name.size()));
  if (rest.starts_with('=')) {
    option.value = std::string(ascii::trim_blanks(rest.substr(1)));
  } else {
    for (const std::string_view no : {"no_", "not_"}) {
      if (option.name.starts_with(no)) {
        option.name.erase(0, no.size());
        option.value = "false";
        break;
      }
    }
  }
  return option;
}

// "# 12 "/etc/exim4/exim.conf"": which file follows, and behind which of its lines.
std::optional<Place> read_place(std::string_view line) {
  const std::size_t quote = line.find(" \"");
  if (!line.starts_with("# ") || quote == line.npos || quote < 3 || !line.ends_with('"')) {
    return std::nullopt;
  }
  const auto number = text::parse_decimal(line.substr(2, quote - 2), 1'000'000'000);
  if (!number) {
    return std::nullopt;
  }
  return Place{.file = std::string(line.substr(quote + 2, line.size() - quote - 3)),
               .line = static_cast<std::size_t>(*number)};
}

// The name of a macro that the line defines, else empty.
std::string_view macro_name(std::string_view line) {
  const std::string_view name = leading_name(line);
  const bool is_macro = !name.empty() && ascii::is_upper(name.front()) &&
                        ascii::trim_blanks(line.substr(name.size())).starts_with('=');
  return is_macro ? name : std::string_view();
}

// Whether a retry rule is for any address, any error and any sender.
bool is_rule_for_all(std::string_view line) {
  std::array<std::string_view, 3> words;
  for (std::string_view& word : words) {
    word = line.substr(0, line.find_first_of(" \t"));
    line = ascii::trim_blanks(line.substr(word.size()));
  }
  return (words[0] == "*" || words[0] == "*@*") && words[1] == "*" && !words[2].starts_with("senders");
}

// Whether a line of an ACL verifies with a callout that keeps its session.
bool holds_a_callout(std::string_view line) {
  const std::size_t at = line.find("callout");
  const std::string_view options = at == line.npos ? std::string_view() : line.substr(at);
  return has_word(options.substr(0, options.find('/')), "hold");
}

class Reader {
 public:
  void parse_line(std::string_view line) {
    if (line.starts_with("# Exim Configuration (")) {
      const std::string_view rest = line.substr(line.find('(') + 1);
      made_.version = rest.substr(0, rest.find(')'));
    } else if (auto place = read_place(line)) {
      if (made_.file.empty()) {
        made_.file = place->file;
      }
      place_ = *std::move(place);
    } else if (line.starts_with('#') || line.empty()) {
      return;
    } else if (std::string section = section_of(line); !section.empty()) {
      begin(std::move(section));
    } else if (const auto macro = macro_name(line); !macro.empty()) {
      const std::string_view value = line.substr(line.find('=') + 1);
      made_.macros.push_back(
          {.name = std::string(macro),
           .value = std::string(ascii::trim_blanks(value.starts_with('=') ? value.substr(1) : value))});
    } else {
      parse_content(line);
    }
  }

  Configuration result() && { return std::move(made_); }

 private:
  void begin(std::string section) {
    if (section_ == "main") {
      made_.first_section = place_;
    }
    if (section == "routers") {
      made_.routers_section = place_;
    } else if (section == "transports") {
      made_.transports_section = place_;
    }
    section_ = std::move(section);
  }

  void parse_content(std::string_view line) {
    if (section_ == "main") {
      made_.main.emplace_back(line);
    } else if (section_ == "acl") {
      made_.holds_callouts = made_.holds_callouts || holds_a_callout(line);
    } else if (section_ == "retry") {
      made_.retries_all_mail = made_.retries_all_mail || is_rule_for_all(line);
    } else if (section_ == "routers") {
      parse_driver_line(made_.routers, line);
    } else if (section_ == "transports") {
      parse_driver_line(made_.transports, line);
    }
  }

  static void parse_driver_line(std::vector<Instance>& instances, std::string_view line) {
    if (const std::string_view label = label_of(line); !label.empty()) {
      instances.push_back({.name = std::string(label), .options = {}});
    } else if (!instances.empty()) {
      instances.back().options.push_back(read_option(line));
    }
  }

  Configuration made_;
  Place place_;
  std::string section_ = "main";
};

int digit_value(char c) {
  return ascii::is_digit(c) ? c - '0' : ascii::is_alpha(c) ? ascii::to_lower(c) - 'a' + 10 : 99;
}

// Reads up to `most` digits of a base; `at` stands behind them afterwards.
char read_number(std::string_view text, std::size_t& at, int base, std::size_t most) {
  int number = 0;
  for (std::size_t n = 0; n < most && at < text.size() && digit_value(text[at]) < base; ++n, ++at) {
    number = number * base + digit_value(text[at]);
  }
  return static_cast<char>(number);
}

// What follows a backslash in a quoted string; `at` stands behind it afterwards.
char read_escape(std::string_view text, std::size_t& at) {
  const char c = text[at];
  if (c >= '0' && c <= '7') {
    return read_number(text, at, 8, 3);
  }
  ++at;
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'x':
      return read_number(text, at, 16, 2);
    default:
      return c;
  }
}

std::string unescape(std::string_view quoted) {
  std::string raw;
  for (std::size_t at = 1; at < quoted.size() && quoted[at] != '"';) {
    if (quoted[at] == '\\' && at + 1 < quoted.size()) {
      raw += read_escape(quoted, ++at);
    } else {
      raw += quoted[at++];
    }
  }
  return raw;
}

}  // namespace

std::string EximOption::unquoted() const {
  if (!value) {
    return {};
  }
  return value->starts_with('"') ? unescape(*value) : *value;
}

bool EximOption::is_on() const {
  return !value ||
         (!ascii::equals_ignoring_case(*value, "false") && !ascii::equals_ignoring_case(*value, "no"));
}

const EximOption* Instance::find(std::string_view option) const {
  const auto found = std::ranges::find(options, option, &EximOption::name);
  return found == options.end() ? nullptr : &*found;
}

std::string Instance::value(std::string_view option) const {
  const EximOption* found = find(option);
  return found == nullptr ? std::string() : found->unquoted();
}

std::vector<std::string> Configuration::lists(std::string_view kind) const {
  std::vector<std::string> names;
  for (std::string_view line : main) {
    if (line.starts_with("hide ")) {
      line = ascii::trim_blanks(line.substr(5));
    }
    if (line.starts_with(kind) && line.size() > kind.size() && ascii::is_blank(line[kind.size()])) {
      names.emplace_back(leading_name(ascii::trim_blanks(line.substr(kind.size()))));
    }
  }
  return names;
}

std::vector<std::string> Configuration::replaced_routers() const {
  const auto end = std::ranges::find(routers, end_router, &Instance::name);
  std::vector<std::string> names;
  if (end != routers.end()) {
    const std::string next = end->value("pass_router");
    for (auto router = end; router != routers.end() && router->name != next; ++router) {
      if (!router->is_own()) {
        names.push_back(router->name);
      }
    }
  }
  return names;
}

std::string Configuration::macro(std::string_view name) const {
  const auto found = std::ranges::find(macros, name, &Macro::name);
  return found == macros.end() ? std::string() : found->value;
}

std::string Configuration::main_option(std::string_view name) const {
  for (const std::string& line : main) {
    if (const EximOption option = read_option(line); option.name == name) {
      return option.unquoted();
    }
  }
  return {};
}

bool is_own_name(std::string_view name) {
  if (!name.starts_with(own_prefix)) {
    return false;
  }
  const std::string_view rest = name.substr(own_prefix.size());
  return rest == "off" || rest == "end" || rest == "unnamed_hosts" ||
         std::ranges::any_of(own_kinds, [&](std::string_view kind) { return rest.starts_with(kind); });
}

std::string section_of(std::string_view line) {
  line = ascii::trim_blanks(line);
  if (!ascii::starts_with_ignoring_case(line, "begin ")) {
    return {};
  }
  line = ascii::trim_blanks(line.substr(6));
  return ascii::to_lower(line.substr(0, line.find_first_of(" \t\r")));
}

std::string_view label_of(std::string_view line) {
  line = ascii::trim_blanks(line);
  if (!line.ends_with(':')) {
    return {};
  }
  const std::string_view name = ascii::trim_blanks(line.substr(0, line.size() - 1));
  return is_name(name) ? name : std::string_view();
}

Configuration read_configuration(std::string_view text) {
  Reader reader;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    reader.parse_line(ascii::trim_blanks(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(reader).result();
}

std::string quoted_if_needed(std::string_view raw) {
  const bool is_plain = !raw.starts_with('"') && ascii::trim_blanks(raw) == raw && !raw.ends_with('\\') &&
                        std::ranges::none_of(raw, [](char c) { return ascii::is_control(c) && c != '\t'; });
  if (is_plain) {
    return std::string(raw);
  }
  std::string quoted = "\"";
  for (const char c : raw) {
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\r') {
      quoted += "\\r";
    } else {
      if (c == '"' || c == '\\') {
        quoted += '\\';
      }
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace mta_sts::eximconf
