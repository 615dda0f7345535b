#include "store/lines/entry_line.hpp"

#include <limits>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"
#include "publish/directive.hpp"
#include "publish/mail_domain.hpp"
#include "store/lines/json_entry.hpp"
#include "store/profile_name.hpp"

namespace mta_sts::store {
namespace {

using Read = std::expected<StoreEntry, LineFault>;

// More words than the policies of mail providers have.
constexpr std::size_t known_limit = 256;

// Of a row; a policy is no longer.
constexpr std::size_t words_limit_bytes = std::size_t{64} * 1024;

std::unexpected<LineFault> refuse(std::string_view word, std::string detail) {
  return std::unexpected(LineFault{word, std::move(detail)});
}

std::expected<std::string, LineFault> read_domain(std::string_view name) {
  const auto domain = publish::parse_mail_domain(name);
  if (!domain) {
    return refuse("bad-domain", text::quote_for_display(name) + " " + domain.error());
  }
  return domain->text();
}

std::expected<std::string, LineFault> read_profile(std::string_view name) {
  if (!is_profile_name(name)) {
    return refuse("bad-option", text::quote_for_display(name) + ": " + std::string(profile_name_rule));
  }
  return std::string(name);
}

Read named(Owner owner, std::string_view name) {
  auto read = owner == Owner::domain ? read_domain(name) : read_profile(name);
  if (!read) {
    return std::unexpected(std::move(read.error()));
  }
  StoreEntry entry;
  entry.owner = owner;
  entry.name = *std::move(read);
  return entry;
}

Read leading(StoreEntry entry, RecordKind kind, std::string_view target) {
  if (entry.owner == Owner::profile) {
    return refuse("conflicting-word", "a profile has a policy of its own");
  }
  auto read = kind == RecordKind::alias ? read_domain(target) : read_profile(target);
  if (!read) {
    return std::unexpected(std::move(read.error()));
  }
  entry.kind = kind;
  entry.target = *std::move(read);
  return entry;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  text::Cursor cursor(text);
  while (true) {
    cursor.take_while(ascii::is_blank);
    if (cursor.at_end()) {
      return words;
    }
    words.push_back(cursor.take_while([](char c) { return !ascii::is_blank(c); }));
  }
}

// A field of RFC 4180: in quotes, those within it doubled, or as it is.
std::optional<std::string> unquoted(std::string_view field) {
  text::Cursor cursor(field);
  if (!cursor.take('"')) {
    return std::string(field);
  }
  std::string text;
  while (true) {
    text += cursor.take_while([](char c) { return c != '"'; });
    if (!cursor.take('"')) {
      return std::nullopt;
    }
    if (cursor.at_end()) {
      return text;
    }
    if (!cursor.take('"')) {
      return std::nullopt;
    }
    text += '"';
  }
}

}  // namespace

Read EntryReader::read(std::string_view line) {
  if (line.size() > entry_line_limit_bytes) {
    return refuse("input-invalid",
                  "the line is longer than " + std::to_string(entry_line_limit_bytes) + " bytes");
  }
  if (line.find('\0') != std::string_view::npos) {
    return refuse("input-invalid", "the line has a NUL");
  }
  forget_many();
  return line.starts_with('{') ? read_json(line) : read_csv(line);
}

void EntryReader::forget_many() {
  if (known_.size() > known_limit) {
    known_.clear();
  }
}

Read EntryReader::read_row(const EntryRowView& row) {
  forget_many();
  auto entry = named(row.owner, row.name);
  if (!entry) {
    return entry;
  }
  if (entry->name != row.name) {
    return refuse("bad-domain", text::quote_for_display(row.name) + " is to be written as " +
                                    text::quote_for_display(entry->name, 253));
  }
  if (int{row.words.has_value()} + int{row.profile.has_value()} + int{row.alias.has_value()} != 1) {
    return refuse("conflicting-word", "a row has one of words, profile and alias");
  }
  if (row.words && row.words->size() > words_limit_bytes) {
    return refuse("input-invalid",
                  "the words are longer than " + std::to_string(words_limit_bytes) + " bytes");
  }
  if (row.words) {
    return with_words(*std::move(entry), split_words(*row.words));
  }
  return leading(*std::move(entry), row.alias ? RecordKind::alias : RecordKind::profile,
                 row.alias ? *row.alias : *row.profile);
}

Read EntryReader::read_json(std::string_view line) {
  line_ = line;
  const auto json = parse_json_entry(line_);
  if (!json) {
    return refuse("input-invalid", json.error());
  }
  if (!json->domain && !json->profile) {
    return refuse("input-invalid", "there is no \"domain\", and no \"profile\"");
  }
  auto entry =
      named(json->domain ? Owner::domain : Owner::profile, json->domain ? *json->domain : *json->profile);
  if (!entry) {
    return entry;
  }
  const bool has_words = json->mode || json->max_age || !json->mx.empty();
  const bool has_profile = json->domain && json->profile;
  if (int{has_words} + int{json->policy.has_value()} + int{has_profile} + int{json->alias.has_value()} != 1 ||
      (json->serial && (has_profile || json->alias))) {
    return refuse("conflicting-word", "say one of mode with mx and max_age, policy, profile, and alias");
  }
  if (has_profile || json->alias) {
    return leading(*std::move(entry), has_profile ? RecordKind::profile : RecordKind::alias,
                   has_profile ? *json->profile : *json->alias);
  }
  if (json->policy) {
    return with_body(*std::move(entry), *json->policy, json->serial.value_or("0"));
  }
  std::vector<std::string> made;
  made.reserve(json->mx.size() + 3);
  if (json->mode) {
    made.emplace_back(*json->mode);
  }
  const auto add = [&made](std::string_view key, std::string_view value) {
    made.emplace_back(key).append("=").append(value);
  };
  for (const std::string_view mx : json->mx) {
    add("mx", mx);
  }
  if (json->max_age) {
    add("max_age", *json->max_age);
  }
  if (json->serial) {
    add("serial", *json->serial);
  }
  return with_words(*std::move(entry), {made.begin(), made.end()});
}

Read EntryReader::read_csv(std::string_view line) {
  const std::size_t comma = line.find(',');
  const auto first = unquoted(ascii::trim_blanks(line.substr(0, comma)));
  const auto second = unquoted(
      ascii::trim_blanks(comma == std::string_view::npos ? std::string_view() : line.substr(comma + 1)));
  if (comma == std::string_view::npos || !first || !second) {
    return refuse("input-invalid", "write DOMAIN,WORDS or a JSON object; a field in quotes ends with one");
  }
  const bool is_profile = first->starts_with('@');
  auto entry =
      named(is_profile ? Owner::profile : Owner::domain, std::string_view(*first).substr(is_profile ? 1 : 0));
  if (!entry) {
    return entry;
  }
  const std::vector<std::string_view> words = split_words(*second);
  if (words.size() == 1 && words.front().starts_with("profile=")) {
    return leading(*std::move(entry), RecordKind::profile, words.front().substr(words.front().find('=') + 1));
  }
  if (words.size() == 1 && words.front().starts_with("alias=")) {
    return leading(*std::move(entry), RecordKind::alias, words.front().substr(words.front().find('=') + 1));
  }
  return with_words(*std::move(entry), words);
}

Read EntryReader::with_words(StoreEntry entry, const std::vector<std::string_view>& words) {
  std::string key;
  for (const std::string_view word : words) {
    // A word may have any byte: no separator tells two words from one.
    key.append(std::to_string(word.size())).append(1, ' ').append(word);
  }
  auto known = known_.find(key);
  if (known == known_.end()) {
    const auto directive = publish::parse_directive(words, publish::OfferedWords::policy);
    if (!directive) {
      const publish::DirectiveError& error = directive.error();
      return refuse(to_string(error.code),
                    (error.word.empty() ? "" : "\"" + error.word + "\": ") + error.detail);
    }
    if (directive->kind != publish::DirectiveKind::inline_policy) {
      return refuse("no-policy-words", "a line has the words of a policy, and neither file= nor off");
    }
    known = known_
                .emplace(std::move(key), Known{publish::publish_policy(directive->policy, directive->serial),
                                               directive->serial})
                .first;
  }
  entry.policy = &known->second.policy;
  entry.serial = known->second.serial;
  return entry;
}

Read EntryReader::with_body(StoreEntry entry, std::string_view body, std::string_view serial) {
  const auto number = text::parse_decimal(serial, std::numeric_limits<std::uint32_t>::max());
  if (!number) {
    return refuse("bad-serial", text::quote_for_display(serial) + " is no whole number from 0 to 4294967295");
  }
  latest_.serial = static_cast<std::uint32_t>(*number);
  auto policy = publish::publish_policy_file(body, latest_.serial);
  if (!policy) {
    const PolicyError& error = policy.error();
    return refuse(to_string(error.code), "line " + std::to_string(error.where.line) + " column " +
                                             std::to_string(error.where.column) +
                                             " of the policy: " + error.detail);
  }
  latest_.policy = *std::move(policy);
  entry.policy = &latest_.policy;
  entry.serial = latest_.serial;
  return entry;
}

}  // namespace mta_sts::store
