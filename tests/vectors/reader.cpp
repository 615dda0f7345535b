#include "vectors/reader.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace mta_sts::vectors {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view why) {
  throw BadVector(std::string(what) + ": " + std::string(why));
}

unsigned nibble(char digit) {
  const char lower = ascii::to_lower(digit);
  if (ascii::is_digit(lower)) {
    return static_cast<unsigned>(lower - '0');
  }
  if (lower >= 'a' && lower <= 'f') {
    return static_cast<unsigned>(lower - 'a' + 10);
  }
  refuse("hex", "not a hex digit");
}

}  // namespace

void expect_keys(const Json& object, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) {
    refuse(object.dump(), "an object is expected");
  }
  for (const auto& item : object.items()) {
    if (std::ranges::find(known, item.key()) == known.end()) {
      refuse(item.key(), "unknown key");
    }
  }
}

const Json& member(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end()) {
    refuse(key, "missing");
  }
  return *found;
}

std::string text_of(const Json& value, std::string_view what) {
  if (!value.is_string()) {
    refuse(what, "a text is expected");
  }
  return value.get<std::string>();
}

bool bool_of(const Json& value, std::string_view what) {
  if (!value.is_boolean()) {
    refuse(what, "true or false is expected");
  }
  return value.get<bool>();
}

const Json& list_of(const Json& value, std::string_view what) {
  if (!value.is_array()) {
    refuse(what, "a list is expected");
  }
  return value;
}

std::string word_of(const Json& value, std::string_view what, std::initializer_list<std::string_view> known) {
  std::string word = text_of(value, what);
  if (std::ranges::find(known, word) == known.end()) {
    refuse(what, "unknown word " + word);
  }
  return word;
}

std::string bytes_of_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) {
    refuse("hex", "an odd number of digits");
  }
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(nibble(hex[i]) << 4 | nibble(hex[i + 1]));
  }
  return bytes;
}

std::string bytes_of(const Json& value, std::string_view what) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  expect_keys(value, {"text", "hex"});
  static_cast<void>(text_of(member(value, "text"), what));
  return bytes_of_hex(text_of(member(value, "hex"), what));
}

std::vector<std::string> texts_of(const Json& value, std::string_view what) {
  std::vector<std::string> texts;
  for (const Json& item : list_of(value, what)) {
    texts.push_back(text_of(item, what));
  }
  return texts;
}

std::vector<std::string> byte_lists_of(const Json& value, std::string_view what) {
  std::vector<std::string> lists;
  for (const Json& item : list_of(value, what)) {
    lists.push_back(bytes_of(item, what));
  }
  return lists;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

Outcome compare_given(const Json& expect, Json came) {
  const bool is_same = std::ranges::all_of(expect.items(), [&](const auto& item) {
    const auto found = came.find(item.key());
    return found != came.end() && *found == item.value();
  });
  return {.is_as_expected = is_same, .came = std::move(came)};
}

}  // namespace mta_sts::vectors
