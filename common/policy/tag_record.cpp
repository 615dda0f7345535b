#include "policy/tag_record.hpp"

#include <algorithm>
#include <expected>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/utf8.hpp"

namespace mta_sts {
namespace {

constexpr std::size_t name_limit_bytes = 32;

// What is left of an answer when the records of other kinds are dropped.
struct ChosenRecord {
  TxtOutcome outcome = TxtOutcome::none;  // ok: `text` is the one record, its fields not yet read
  std::string text;
  std::string detail;
  std::size_t candidates = 0;
};

// A field of the record; views into its text.
struct TagField {
  std::string_view name;
  std::string_view value;
};

using Fields = std::expected<std::vector<TagField>, std::string>;  // the error: why they cannot be told apart

std::string join(const std::vector<std::string>& strings) {
  std::string text;
  for (const std::string& part : strings) {
    text += part;  // R7: without spaces
  }
  return text;
}

bool begins_with_version(std::string_view text, std::string_view version) {
  return text.starts_with(version) && text.substr(version.size()).starts_with(';');
}

// "v=STSv10" and "v=STSv1id=1" are other versions; "v=STSv1 id=1" and "v=STSv1, id=1" are this one,
// misspelled.
bool is_of_version(std::string_view text, std::string_view version) {
  if (!text.starts_with(version)) {
    return false;
  }
  const std::string_view rest = text.substr(version.size());
  return rest.empty() || !(ascii::is_alnum(rest.front()) || rest.front() == '-' || rest.front() == '_' ||
                           rest.front() == '.');
}

ChosenRecord no_record(std::string detail, std::size_t candidates) {
  return {.outcome = TxtOutcome::none, .text = {}, .detail = std::move(detail), .candidates = candidates};
}

ChosenRecord choose_lone(std::string text, std::string_view version) {
  const std::size_t candidates = begins_with_version(text, version) ? 1 : 0;
  if (!is_of_version(text, version)) {
    return no_record("The one TXT record does not begin with " + std::string(version) + ";.", candidates);
  }
  return {.outcome = TxtOutcome::ok, .text = std::move(text), .detail = {}, .candidates = candidates};
}

bool is_value_byte(char c) {
  return c > ' ' && c <= '~' && c != ';' && c != '=';
}

bool is_list_byte(char c) {
  return (c >= ' ' && c <= '~' && c != ';') || c == '\t';
}

class FieldReader {
 public:
  FieldReader(std::string_view text, const TagGrammar& grammar) : cursor_(text), grammar_(grammar) {
    cursor_.take(grammar.version);
  }

  Fields read() {
    while (!cursor_.at_end()) {
      cursor_.take_while(ascii::is_blank);
      if (!cursor_.take(';')) {
        return fail("A \";\" is missing");  // P18: blanks at the end belong to a delimiter or are an error
      }
      cursor_.take_while(ascii::is_blank);
      if (cursor_.at_end()) {
        break;
      }
      if (const std::string_view fault = read_field(); !fault.empty()) {
        return fail(fault);
      }
    }
    return std::move(fields_);
  }

 private:
  // Gives what is wrong, or nothing.
  std::string_view read_field() {
    TagField field;
    field.name = cursor_.take_while(
        [](char c) { return ascii::is_alnum(c) || c == '_' || c == '-' || c == '.'; }, name_limit_bytes);
    if (field.name.empty() || !ascii::is_alnum(field.name.front())) {
      return "A field name is missing";
    }
    if (!cursor_.take('=')) {
      return "A \"=\" is missing";
    }
    const bool is_defined = field.name == grammar_.defined;
    if (is_defined && grammar_.is_list) {
      const std::string_view untrimmed = cursor_.take_while(is_list_byte);
      field.value = ascii::trim_blanks(untrimmed);
      const bool has_blank_before = untrimmed.starts_with(' ') || untrimmed.starts_with('\t');
      const bool has_blank_behind = untrimmed.ends_with(' ') || untrimmed.ends_with('\t');
      if (has_blank_before || (has_blank_behind && cursor_.at_end())) {
        return "A blank stands where none may";
      }
    } else {
      field.value = cursor_.take_while(is_value_byte);
    }
    if (field.value.empty() && (!is_defined || has_defined_)) {
      return "A value is missing";
    }
    has_defined_ = has_defined_ || is_defined;
    fields_.push_back(field);
    return {};
  }

  std::unexpected<std::string> fail(std::string_view what) const {
    return std::unexpected(std::string(what) + " at " + text::quote_for_display(cursor_.rest()) +
                           ": write name=value fields, joined by one \";\".");
  }

  text::Cursor cursor_;
  TagGrammar grammar_;
  std::vector<TagField> fields_;
  bool has_defined_ = false;
};

ChosenRecord choose_record(const TxtAnswer& answer, std::string_view version) {
  switch (answer.status) {
    case DnsStatus::no_error:
      break;
    case DnsStatus::no_data:
    case DnsStatus::nx_domain:
      return no_record("There is no TXT record.", 0);
    default:  // R15: a failed lookup tells nothing about the record
      return {.outcome = TxtOutcome::temp,
              .text = {},
              .detail = "The TXT lookup failed (" + std::string(to_string(answer.status)) + ").",
              .candidates = 0};
  }
  if (answer.records.size() == 1) {
    return choose_lone(join(answer.records.front()), version);
  }
  ChosenRecord chosen;
  for (const auto& record : answer.records) {
    std::string text = join(record);
    if (begins_with_version(text, version)) {
      ++chosen.candidates;
      chosen.text = std::move(text);
    }
  }
  if (chosen.candidates != 1) {  // R5: counted before the syntax is looked at
    const std::string count = std::to_string(chosen.candidates);
    return no_record(answer.records.empty()
                         ? "There is no TXT record."
                         : "Of " + std::to_string(answer.records.size()) + " TXT records, " + count +
                               " begin with " + std::string(version) + ";; exactly one must.",
                     chosen.candidates);
  }
  chosen.outcome = TxtOutcome::ok;
  return chosen;
}

}  // namespace

TagRecord read_tag_record(const TxtAnswer& answer, const TagGrammar& grammar) {
  ChosenRecord chosen = choose_record(answer, grammar.version);
  TagRecord record{.outcome = chosen.outcome,
                   .value = {},
                   .error = {},
                   .detail = std::move(chosen.detail),
                   .candidates = chosen.candidates};
  if (record.outcome != TxtOutcome::ok) {
    return record;
  }
  const Fields fields = FieldReader(chosen.text, grammar).read();
  if (!fields) {
    record.outcome = TxtOutcome::error;
    record.detail = fields.error();
    return record;
  }
  const auto found = std::ranges::find(*fields, grammar.defined, &TagField::name);
  if (found == fields->end()) {
    record.outcome = TxtOutcome::error;
    record.error = grammar.if_missing;
    record.detail =
        "The field " + std::string(grammar.defined) + " is missing: write " + std::string(grammar.example);
    return record;
  }
  record.value = found->value;
  return record;
}

}  // namespace mta_sts
