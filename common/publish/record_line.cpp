#include "publish/record_line.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace mta_sts::publish {
namespace {

/// The longest character-string of DNS. RFC 1035 section 3.3.
constexpr std::size_t character_string_limit_bytes = 255;

void append_escaped(std::string& out, char c) {
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (ascii::is_control(c) || static_cast<unsigned char>(c) > 0x7E) {
    const unsigned value = static_cast<unsigned char>(c);
    out += '\\';
    out += static_cast<char>('0' + value / 100);
    out += static_cast<char>('0' + value / 10 % 10);
    out += static_cast<char>('0' + value % 10);
  } else {
    out += c;
  }
}

}  // namespace

std::string record_value(std::string_view id) {
  return "v=STSv1; id=" + std::string(id) + ";";
}

std::string tlsrpt_record_value(std::span<const std::string> rua) {
  std::string value = "v=TLSRPTv1; rua=";
  for (std::size_t i = 0; i < rua.size(); ++i) {
    value += (i == 0 ? "" : ",") + rua[i];
  }
  return value;
}

std::string txt_presentation(std::string_view value) {
  std::string out;
  do {
    const std::string_view part = value.substr(0, std::min(value.size(), character_string_limit_bytes));
    value.remove_prefix(part.size());
    out += out.empty() ? "\"" : " \"";
    for (const char c : part) {
      append_escaped(out, c);
    }
    out += '"';
  } while (!value.empty());
  return out;
}

std::string txt_zone_line(std::string_view owner, std::string_view value, unsigned ttl_seconds) {
  return std::string(owner) + ". " + std::to_string(ttl_seconds) + " IN TXT " + txt_presentation(value);
}

}  // namespace mta_sts::publish
