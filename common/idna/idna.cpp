#include "idna/idna.hpp"

#include <idn2.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/handle.hpp"
#include "base/utf8.hpp"

namespace mta_sts {
namespace {

using Idn2Text = Handle<char, idn2_free>;

// Long before this, no name of 253 bytes in A-labels is left; bounds the library's work on hostile input.
constexpr std::size_t u_label_limit_bytes = 1024;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

IdnaError error_of(DomainNameError code) {
  return {.code = code, .detail = std::string(explain(code))};
}

IdnaError error_of_library(int rc) {
  switch (rc) {
    case IDN2_TOO_BIG_DOMAIN:
      return error_of(DomainNameError::too_long);
    case IDN2_TOO_BIG_LABEL:
      return error_of(DomainNameError::label_too_long);
    default:
      return {.code = DomainNameError::bad_character, .detail = idn2_strerror(rc)};
  }
}

std::expected<DomainName, IdnaError> parse_a_labels(std::string_view name) {
  auto parsed = DomainName::parse(name);
  if (!parsed) {
    return std::unexpected(error_of(parsed.error()));
  }
  return *std::move(parsed);
}

// One label at a time: beside a U-label the library would refuse others for what every registry accepts, such
// as the hyphens of r3---sn-x.
std::expected<std::string, IdnaError> to_a_label(std::string_view label) {
  if (is_ascii(label)) {
    return std::string(label);
  }
  char* converted = nullptr;
  const std::string terminated(label);
  const int rc = idn2_to_ascii_8z(terminated.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const Idn2Text owned(converted);
  if (rc != IDN2_OK) {
    return std::unexpected(error_of_library(rc));
  }
  return std::string(owned.get());
}

}  // namespace

std::expected<DomainName, IdnaError> to_a_labels(std::string_view name) {
  if (is_ascii(name)) {
    return parse_a_labels(name);
  }
  if (name.size() > u_label_limit_bytes) {
    return std::unexpected(error_of(DomainNameError::too_long));
  }
  if (text::find_invalid_utf8(name) || name.find('\0') != std::string_view::npos) {
    return std::unexpected(error_of(DomainNameError::bad_character));
  }
  std::string a_labels;
  for (std::string_view rest = name;;) {
    const std::size_t dot = rest.find('.');
    const auto label = to_a_label(rest.substr(0, dot));
    if (!label) {
      return std::unexpected(label.error());
    }
    a_labels += *label;
    if (dot == std::string_view::npos) {
      return parse_a_labels(a_labels);
    }
    a_labels += '.';
    rest.remove_prefix(dot + 1);
  }
}

std::string to_u_labels(const DomainName& name) {
  char* converted = nullptr;
  const int rc = idn2_to_unicode_8z8z(name.text().c_str(), &converted, 0);
  const Idn2Text owned(converted);
  return rc == IDN2_OK ? std::string(owned.get()) : name.text();
}

bool mixes_alphabets(std::string_view name) {
  constexpr char32_t greek_begin = 0x370;
  constexpr char32_t cyrillic_end = 0x530;
  bool has_latin = false;
  bool has_other = false;
  while (!name.empty()) {
    const auto character = text::decode_utf8(name);
    const char32_t code_point = character ? character->code_point : 0;
    if (code_point == U'.' || code_point == U'\u3002' || code_point == U'\uFF0E' || code_point == U'\uFF61') {
      has_latin = has_other = false;
    }
    has_latin = has_latin || ascii::is_alpha(name.front());
    has_other = has_other || (code_point >= greek_begin && code_point < cyrillic_end);
    if (has_latin && has_other) {
      return true;
    }
    name.remove_prefix(character ? character->length : 1);
  }
  return false;
}

}  // namespace mta_sts
