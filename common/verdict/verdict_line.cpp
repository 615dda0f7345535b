#include "verdict/verdict_line.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "policy/parse_policy.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts {
namespace {

constexpr std::size_t reason_limit_bytes = 64;
constexpr std::size_t expires_limit_digits = 11;

bool has_policy(VerdictMode mode) {
  return mode == VerdictMode::enforce || mode == VerdictMode::testing;
}

void add_word(std::string& line, std::string_view key, std::string_view value) {
  if (value.empty()) {
    return;
  }
  if (!line.empty()) {
    line += ' ';
  }
  line.append(key).append("=").append(value);
}

std::string quoted(const std::string& value) {
  return '"' + value + '"';
}

std::string join_with_blanks(std::span<const std::string> words) {
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) {
      joined += ' ';
    }
    joined += word;
  }
  return joined;
}

std::string expires_text(const Verdict& verdict) {
  return verdict.expires ? std::to_string(verdict.expires->time_since_epoch().count()) : std::string();
}

// `[.]` and not `\.`: Exim's ${extract} takes backslashes in quoted values as its own.
void add_regex(std::string& list, std::string_view pattern) {
  list += "! ^";
  if (pattern.starts_with("*.")) {
    list += "[^.]+";  // exactly one label. RFC 8461 section 4.1.
    pattern.remove_prefix(1);
  }
  for (const char c : pattern) {
    if (c == '.') {
      list += "[.]";
    } else {
      list += c;
    }
  }
  list += "$ ; ";
}

using Error = VerdictLineError;

// Takes the words of a line one by one; `ignore` waits until all are known.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : cursor_(line) {}

  std::expected<Verdict, Error> read() {
    do {
      if (const auto error = read_word()) {
        return std::unexpected(*error);
      }
    } while (cursor_.take(' '));
    if (!cursor_.at_end()) {
      return std::unexpected(Error::bad_word);
    }
    return finish();
  }

 private:
  enum Key : std::uint8_t { mode, id, mx, ignore, source, expires, reason, key_count };
  static constexpr std::string_view names[key_count] = {"mode",   "id",      "mx",    "ignore",
                                                        "source", "expires", "reason"};

  bool has(Key key) const { return (seen_ & (1U << key)) != 0; }

  std::optional<Error> read_word() {
    const std::string_view name = cursor_.take_while(ascii::is_lower);
    const auto* const found = std::ranges::find(names, name);
    if (found == std::end(names) || !cursor_.take('=')) {
      return Error::bad_word;
    }
    const auto key = static_cast<Key>(found - std::begin(names));
    if (has(key)) {
      return Error::repeated_word;
    }
    seen_ |= 1U << key;
    const bool in_quotes = key == mx || key == ignore;
    if (in_quotes && !cursor_.take('"')) {
      return Error::bad_value;
    }
    const std::string_view value =
        cursor_.take_while([in_quotes](char c) { return c != '"' && (in_quotes || c != ' '); });
    if (value.empty() || (in_quotes && !cursor_.take('"'))) {
      return Error::bad_value;
    }
    return parse_value(key, value) ? std::nullopt : std::optional(Error::bad_value);
  }

  bool parse_value(Key key, std::string_view value) {
    switch (key) {
      case mode:
        return assign(verdict_.mode, parse_verdict_mode(value));
      case id:
        verdict_.id = value;
        return is_policy_id(value);
      case mx:
        return parse_mx(value);
      case ignore:
        ignore_ = value;
        return true;
      case source:
        return assign(verdict_.source, parse_verdict_source(value));
      case expires:
        return parse_expires(value);
      case reason:
        verdict_.reason = value;
        return is_reason_word(value);
      case key_count:
        break;
    }
    return false;
  }

  template <typename T>
  static bool assign(T& to, std::optional<T> value) {
    to = value.value_or(to);
    return value.has_value();
  }

  bool parse_mx(std::string_view value) {
    text::Cursor patterns(value);
    do {
      const std::string_view pattern = patterns.take_while([](char c) { return c != ' '; });
      if (!is_mx_pattern(pattern, Reading::sender) || std::ranges::any_of(pattern, ascii::is_upper)) {
        return false;
      }
      verdict_.mx.emplace_back(pattern);
    } while (patterns.take(' '));
    return true;
  }

  bool parse_expires(std::string_view value) {
    std::int64_t seconds = 0;
    if (value.size() > expires_limit_digits || !std::ranges::all_of(value, ascii::is_digit)) {
      return false;
    }
    std::from_chars(value.data(), value.data() + value.size(), seconds);
    verdict_.expires = std::chrono::sys_seconds(std::chrono::seconds(seconds));
    return true;
  }

  std::expected<Verdict, Error> finish() {
    const bool with_policy = has_policy(verdict_.mode);
    const bool is_temp = verdict_.mode == VerdictMode::temp;
    if (!has(mode) || !has(is_temp ? reason : source) ||
        (with_policy && !(has(mx) && has(id) && has(expires))) ||
        (verdict_.mode == VerdictMode::enforce && !has(ignore))) {
      return std::unexpected(Error::incomplete);
    }
    if ((has(mx) && !with_policy) || (has(ignore) && verdict_.mode != VerdictMode::enforce) ||
        (has(ignore) && ignore_ != host_ignore_list(verdict_.mx))) {
      return std::unexpected(Error::contradiction);
    }
    return std::move(verdict_);
  }

  text::Cursor cursor_;
  Verdict verdict_;
  std::string_view ignore_;
  unsigned seen_ = 0;
};

}  // namespace

std::string render_verdict_line(const Verdict& verdict) {
  std::string line;
  add_word(line, "mode", to_string(verdict.mode));
  add_word(line, "reason", verdict.reason);
  add_word(line, "id", verdict.id);
  if (has_policy(verdict.mode) && !verdict.mx.empty()) {
    add_word(line, "mx", quoted(join_with_blanks(verdict.mx)));
    if (verdict.mode == VerdictMode::enforce) {
      add_word(line, "ignore", quoted(host_ignore_list(verdict.mx)));
    }
  }
  add_word(line, "source", to_string(verdict.source));
  add_word(line, "expires", expires_text(verdict));
  if (line.size() > verdict_line_limit_bytes) {
    return render_verdict_line(temp_verdict("policy-too-large"));
  }
  return line;
}

std::expected<Verdict, VerdictLineError> parse_verdict_line(std::string_view line) {
  if (line.size() > verdict_line_limit_bytes) {
    return std::unexpected(Error::too_long);
  }
  if (!std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) {
    return std::unexpected(Error::bad_character);
  }
  return LineReader(line).read();
}

std::string host_ignore_list(std::span<const std::string> mx_patterns) {
  std::unordered_set<std::string_view> given;
  std::string list;
  for (const std::string& pattern : mx_patterns) {
    if (given.insert(pattern).second) {
      add_regex(list, pattern);
    }
  }
  return list + "*";
}

bool is_reason_word(std::string_view word) {
  return !word.empty() && word.size() <= reason_limit_bytes && !word.starts_with('-') &&
         !word.ends_with('-') && std::ranges::all_of(word, [](char c) {
           return ascii::is_lower(c) || ascii::is_digit(c) || c == '-';
         });
}

}  // namespace mta_sts
