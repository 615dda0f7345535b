#include "imap/response.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/number.hpp"

namespace mta_sts::imap {
namespace {

constexpr std::uint64_t uid_most = 0xFFFFFFFF;
constexpr int depth_most = 32;

bool is_word(char c) {
  return c > ' ' && c <= '~' && c != '(' && c != ')' && c != '"' && c != '{';
}

/// Reads the items of a FETCH response.
class ItemReader {
 public:
  ItemReader(std::string_view text, std::vector<std::string>& literals)
      : cursor_(text), literals_(literals) {}

  std::optional<Fetched> read() {
    if (!cursor_.take('(')) {
      return std::nullopt;
    }
    do {
      if (!item()) {
        return std::nullopt;
      }
    } while (cursor_.take(' '));
    const bool is_whole = cursor_.take(')') && cursor_.rest().empty();
    return is_whole ? std::optional(std::move(fetched_)) : std::nullopt;
  }

 private:
  bool item() {
    const std::string name = ascii::to_lower(cursor_.take_while(is_word));
    if (name.empty() || !cursor_.take(' ')) {
      return false;
    }
    if (name == "uid" || name == "rfc822.size") {
      const auto number =
          text::parse_decimal(cursor_.take_while(ascii::is_digit), name == "uid" ? uid_most : UINT64_MAX);
      if (number && name == "uid") {
        fetched_.uid = static_cast<std::uint32_t>(*number);
      } else {
        fetched_.size = number;
      }
      return number.has_value();
    }
    std::string value;
    const bool is_string = cursor_.rest().starts_with('{') || cursor_.rest().starts_with('"');
    if (!skip(value, 0)) {
      return false;
    }
    if (name == "body[]") {
      fetched_.is_without_body = !is_string;
      fetched_.body = is_string ? std::optional(std::move(value)) : std::nullopt;
    }
    return true;
  }

  // Whatever a value is: a literal, a quoted string, a list, or a word. Of the first two it gives the bytes.
  bool skip(std::string& value, int depth) {
    if (cursor_.take('{')) {
      static_cast<void>(cursor_.take_while(ascii::is_digit));
      if (!cursor_.take('}') || !cursor_.take('\n') || next_literal_ >= literals_.size()) {
        return false;
      }
      value = std::move(literals_[next_literal_++]);
      return true;
    }
    if (cursor_.take('"')) {
      return quoted(value);
    }
    if (cursor_.take('(')) {
      return list(depth + 1);
    }
    return !cursor_.take_while(is_word).empty();  // NIL too
  }

  bool quoted(std::string& value) {
    while (!cursor_.rest().empty()) {
      value += cursor_.take_while([](char c) { return c != '"' && c != '\\'; });
      if (cursor_.take('"')) {
        return true;
      }
      if (!cursor_.take('\\') || cursor_.rest().empty()) {
        return false;
      }
      value += cursor_.rest().front();
      static_cast<void>(cursor_.take(cursor_.rest().front()));
    }
    return false;
  }

  bool list(int depth) {
    std::string ignored;
    while (depth <= depth_most && !cursor_.take(')')) {
      if (!skip(ignored, depth)) {
        return false;
      }
      static_cast<void>(cursor_.take(' '));
    }
    return depth <= depth_most;
  }

  text::Cursor cursor_;
  std::vector<std::string>& literals_;
  std::size_t next_literal_ = 0;
  Fetched fetched_;
};

// "* 12 NAME", with what follows.
std::optional<std::pair<std::uint32_t, std::string_view>> numbered(std::string_view text,
                                                                   std::string_view name) {
  text::Cursor cursor(text);
  if (!cursor.take('*') || !cursor.take(' ')) {
    return std::nullopt;
  }
  const auto number = text::parse_decimal(cursor.take_while(ascii::is_digit), uid_most);
  if (!number || !cursor.take(' ') ||
      !ascii::equals_ignoring_case(cursor.take_while(ascii::is_alpha), name)) {
    return std::nullopt;
  }
  return std::pair(static_cast<std::uint32_t>(*number), cursor.rest());
}

}  // namespace

std::optional<std::uint64_t> announced_literal(std::string_view line) {
  if (!line.ends_with('}')) {
    return std::nullopt;
  }
  const std::size_t begin = line.rfind('{');
  if (begin == std::string_view::npos || line.size() - begin > 12) {
    return std::nullopt;
  }
  return text::parse_decimal(line.substr(begin + 1, line.size() - begin - 2), UINT64_MAX);
}

std::optional<Status> parse_status(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Status::Kind>, 4> kinds = {{{"ok", Status::Kind::ok},
                                                                               {"no", Status::Kind::no},
                                                                               {"bad", Status::Kind::bad},
                                                                               {"bye", Status::Kind::bye}}};
  text::Cursor cursor(text);
  const std::string word = ascii::to_lower(cursor.take_while(ascii::is_alpha));
  const auto* const kind = std::ranges::find(kinds, word, &std::pair<std::string_view, Status::Kind>::first);
  if (kind == kinds.end() || (!cursor.rest().empty() && !cursor.take(' '))) {
    return std::nullopt;
  }
  Status status{.kind = kind->second, .code = {}, .arguments = {}, .text = {}};
  if (cursor.take('[')) {
    status.code = ascii::to_lower(cursor.take_while([](char c) { return c > ' ' && c != ']'; }));
    static_cast<void>(cursor.take(' '));
    status.arguments = cursor.take_while([](char c) { return c != ']'; });
    if (!cursor.take(']')) {
      return std::nullopt;
    }
    static_cast<void>(cursor.take(' '));
  }
  status.text = cursor.rest();
  return status;
}

bool is_fetch(std::string_view text) {
  return numbered(text, "fetch").has_value();
}

std::optional<Fetched> take_fetched(Response& response) {
  const auto found = numbered(response.text, "fetch");
  if (!found || !found->second.starts_with(' ')) {
    return std::nullopt;
  }
  return ItemReader(found->second.substr(1), response.literals).read();
}

std::optional<std::vector<std::uint32_t>> parse_search(std::string_view text) {
  constexpr std::string_view head = "* search";
  if (ascii::to_lower(text.substr(0, head.size())) != head) {
    return std::nullopt;
  }
  text::Cursor cursor(text.substr(head.size()));
  std::vector<std::uint32_t> numbers;
  while (cursor.take(' ') && !cursor.rest().empty()) {
    const auto number = text::parse_decimal(cursor.take_while(ascii::is_digit), uid_most);
    if (!number || *number == 0) {
      return std::nullopt;
    }
    numbers.push_back(static_cast<std::uint32_t>(*number));
  }
  return cursor.rest().empty() ? std::optional(std::move(numbers)) : std::nullopt;
}

std::optional<std::uint32_t> parse_numbered(std::string_view text, std::string_view name) {
  const auto found = numbered(text, name);
  return found && found->second.empty() ? std::optional(found->first) : std::nullopt;
}

std::string render_set(const std::vector<std::uint32_t>& numbers) {
  std::string set;
  for (std::size_t at = 0; at < numbers.size();) {
    std::size_t last = at;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) {
      ++last;
    }
    set += (set.empty() ? "" : ",") + std::to_string(numbers[at]);
    set += last > at ? ":" + std::to_string(numbers[last]) : "";
    at = last + 1;
  }
  return set;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' || c == '\\' ? "\\" : "";
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace mta_sts::imap
