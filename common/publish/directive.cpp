#include "publish/directive.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"
#include "idna/idna.hpp"
#include "policy/parse_policy.hpp"
#include "policy/render_policy.hpp"
#include "publish/policy_advice.hpp"

namespace mta_sts::publish {
namespace {

using Code = DirectiveErrorCode;

constexpr std::size_t shown_bytes = 300;  // a host cuts its error lines at about 1 KiB
std::string allowed_words(OfferedWords offered) {
  std::string words = "allowed are enforce, testing or none with mx=NAME, max_age=SECONDS|Nd|Nw and serial=N";
  if (offered != OfferedWords::policy) {
    words += "; or file=PATH with serial=N";
  }
  if (offered == OfferedWords::all) {
    words += "; or store=PATH; or off";
  }
  return words;
}

struct Word {
  std::string_view text;
  std::string_view key;  // before the "=", or the whole word
  bool has_value = false;
  std::string_view value;
};

Word split(std::string_view text) {
  text::Cursor cursor(text);
  Word word{.text = text,
            .key = cursor.take_while([](char c) { return c != '='; }),
            .has_value = false,
            .value = {}};
  if (cursor.take('=')) {
    word.has_value = true;
    word.value = cursor.rest();
  }
  return word;
}

// Gives the pattern in A-labels and lower case, or what is wrong with it.
std::expected<std::string, std::string> read_mx(std::string_view value) {
  text::Cursor cursor(value);
  const bool is_wildcard = cursor.take("*.");
  const std::string_view name = cursor.rest();
  if (name.ends_with('.')) {
    return std::unexpected("it ends with a dot");  // P13; to_a_labels would drop the root dot
  }
  if (mixes_alphabets(name)) {  // its A-labels would be a host that nobody has
    return std::unexpected("a label mixes Latin letters with Greek or Cyrillic ones; type the name anew");
  }
  const auto domain = to_a_labels(name);
  if (!domain) {
    return std::unexpected(domain.error().detail);
  }
  std::string pattern(is_wildcard ? "*." : "");
  pattern += domain->text();
  if (!is_mx_pattern(pattern, Reading::strict)) {
    return std::unexpected(std::string(explain(DomainNameError::too_long)));  // P15: with the "*."
  }
  return pattern;
}

// SECONDS, Nd or Nw, at most a year.
std::optional<std::uint64_t> read_max_age(std::string_view value) {
  std::uint64_t unit_seconds = 1;
  if (value.ends_with('d') || value.ends_with('w')) {
    unit_seconds = value.ends_with('d') ? day_seconds : week_seconds;
    value.remove_suffix(1);
  }
  const auto count = text::parse_decimal(value, max_age_limit_seconds / unit_seconds);
  return count ? std::optional(*count * unit_seconds) : std::nullopt;
}

class DirectiveReader {
 public:
  explicit DirectiveReader(OfferedWords offered) : offered_(offered) {}

  std::expected<Directive, DirectiveError> read(std::span<const std::string_view> words) {
    if (words.empty()) {
      return std::unexpected(fault(Code::no_words, {}, "no word follows; " + allowed_words(offered_)));
    }
    for (const std::string_view text : words) {
      if (auto error = parse_word(split(text))) {
        return std::unexpected(*std::move(error));
      }
    }
    if (auto error = complete()) {
      return std::unexpected(*std::move(error));
    }
    return std::move(directive_);
  }

 private:
  using Error = std::optional<DirectiveError>;

  static DirectiveError fault(Code code, std::string_view word, std::string detail) {
    return {.code = code, .word = text::escape_for_display(word, shown_bytes), .detail = std::move(detail)};
  }

  Error parse_word(const Word& word) {
    if (!word.has_value) {
      return parse_bare(word);
    }
    if (word.value.empty()) {
      return is_known_key(word.key)
                 ? Error(fault(Code::empty_value, word.text, "a value must follow the \"=\""))
                 : refuse_unknown(word);
    }
    if (word.key == "mx") {
      return parse_mx(word);
    }
    if (word.key == "max_age") {
      return parse_max_age(word);
    }
    if (word.key == "serial") {
      return parse_serial(word);
    }
    if (word.key == "file") {
      return parse_path(word, file_word_);
    }
    return word.key == "store" ? parse_path(word, store_word_) : refuse_unknown(word);
  }

  static bool is_known_key(std::string_view key) {
    return key == "mx" || key == "max_age" || key == "serial" || key == "file" || key == "store";
  }

  [[nodiscard]] DirectiveError refuse_unknown(const Word& word) const {
    return fault(Code::unknown_word, word.text, allowed_words(offered_));
  }

  Error parse_bare(const Word& word) {
    if (word.key == "off") {
      if (has_off_) {
        return fault(Code::repeated_word, word.text, "\"off\" is allowed once");
      }
      has_off_ = true;
      off_word_ = word.text;
      return std::nullopt;
    }
    const auto mode = parse_mode(word.key);
    if (!mode) {
      return is_known_key(word.key) ? fault(Code::empty_value, word.text, "a \"=\" and a value must follow")
                                    : refuse_unknown(word);
    }
    if (mode_) {
      return fault(Code::repeated_word, word.text,
                   "one mode is allowed, and \"" + std::string(to_string(*mode_)) + "\" stands before");
    }
    mode_ = mode;
    return note_inline(word);
  }

  Error parse_mx(const Word& word) {
    auto pattern = read_mx(word.value);
    if (!pattern) {
      return fault(Code::bad_mx, word.text,
                   "an mx is one host name, or \"*.\" and a host name; " + pattern.error());
    }
    if (seen_mx_.insert(*pattern).second) {
      directive_.policy.mx.push_back(*std::move(pattern));
    }
    return note_inline(word);
  }

  Error parse_max_age(const Word& word) {
    if (max_age_seconds_) {
      return repeated(word);
    }
    max_age_seconds_ = read_max_age(word.value);
    if (!max_age_seconds_) {
      return fault(Code::bad_max_age, word.text,
                   "max_age is a whole number of seconds, days (Nd) or weeks (Nw), at most 31557600 seconds");
    }
    return note_inline(word);
  }

  Error parse_serial(const Word& word) {
    if (serial_) {
      return repeated(word);
    }
    serial_ = text::parse_decimal(word.value, std::numeric_limits<std::uint32_t>::max());
    if (!serial_) {
      return fault(Code::bad_serial, word.text, "serial is a whole number from 0 to 4294967295");
    }
    serial_word_ = word.text;
    return std::nullopt;
  }

  Error parse_path(const Word& word, std::string_view& noted) {
    if (!noted.empty()) {
      return repeated(word);
    }
    if (word.value.find('\0') != std::string_view::npos) {
      return fault(Code::bad_path, word.text, "a path holds no NUL");
    }
    // Servers have variables, which this word does not know: a store by that name would be missing for ever.
    if (word.value.find('$') != std::string_view::npos) {
      return fault(Code::bad_path, word.text,
                   "a path holds no variable; to choose by the Host of a request, write store=PATH");
    }
    directive_.path = word.value;
    noted = word.text;
    return std::nullopt;
  }

  static DirectiveError repeated(const Word& word) {
    return fault(Code::repeated_word, word.text, "\"" + std::string(word.key) + "=\" is allowed once");
  }

  Error note_inline(const Word& word) {
    if (inline_word_.empty()) {
      inline_word_ = word.text;
    }
    return std::nullopt;
  }

  Error complete() {
    directive_.serial = static_cast<std::uint32_t>(serial_.value_or(0));
    if (has_off_) {
      directive_.kind = DirectiveKind::off;
      return refuse_beside(off_word_, {inline_word_, file_word_, store_word_, serial_word_});
    }
    if (!store_word_.empty()) {
      directive_.kind = DirectiveKind::store;
      return refuse_beside(store_word_, {inline_word_, file_word_, serial_word_});
    }
    if (!file_word_.empty()) {
      directive_.kind = DirectiveKind::file;
      return refuse_beside(file_word_, {inline_word_});
    }
    directive_.kind = DirectiveKind::inline_policy;
    return complete_policy();
  }

  // Refuses the first word that may not stand beside `word`.
  [[nodiscard]] Error refuse_beside(std::string_view word,
                                    std::initializer_list<std::string_view> others) const {
    for (const std::string_view other : others) {
      if (!other.empty()) {
        return fault(Code::conflicting_word, other,
                     "it may not stand beside " + text::quote_for_display(word, shown_bytes) + "; " +
                         allowed_words(offered_));
      }
    }
    return std::nullopt;
  }

  Error complete_policy() {
    if (!mode_) {
      return fault(Code::missing_mode, {}, "a mode is missing; " + allowed_words(offered_));
    }
    Policy& policy = directive_.policy;
    policy.mode = *mode_;
    policy.max_age_seconds = max_age_seconds_.value_or(
        *mode_ == Mode::enforce ? default_max_age_enforce_seconds : default_max_age_seconds);
    if (policy.mx.empty() && *mode_ != Mode::none) {
      return fault(Code::missing_mx, to_string(*mode_), "this mode needs at least one mx=NAME");
    }
    if (render_policy(policy).size() > policy_limit_bytes) {
      return fault(Code::too_large, {},
                   "the policy is larger than 65536 bytes: name fewer mx, or use a wildcard");
    }
    directive_.warnings = policy_warnings(policy);
    return std::nullopt;
  }

  OfferedWords offered_;
  Directive directive_;
  std::optional<Mode> mode_;
  std::optional<std::uint64_t> max_age_seconds_;
  std::optional<std::uint64_t> serial_;
  std::set<std::string> seen_mx_;
  bool has_off_ = false;
  std::string_view off_word_;
  std::string_view file_word_;
  std::string_view store_word_;
  std::string_view serial_word_;
  std::string_view inline_word_;  ///< the first word of an inline policy
};

}  // namespace

std::expected<Directive, DirectiveError> parse_directive(std::span<const std::string_view> words,
                                                         OfferedWords offered) {
  return DirectiveReader(offered).read(words);
}

}  // namespace mta_sts::publish
