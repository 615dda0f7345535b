#include "check/facts_json.hpp"

#include <algorithm>
#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/enum_names.hpp"
#include "base/hex.hpp"
#include "base/utf8.hpp"
#include "check/facts_fields.hpp"

namespace mta_sts::check {
namespace {

using Json = nlohmann::json;

// Deeper than any recording is; what a hostile file nests beyond it is refused before it is built.
constexpr int depth_limit = 16;

constexpr auto reach_names = enum_names<Reach>({
    {Reach::connected, "connected"},
    {Reach::refused, "refused"},
    {Reach::timeout, "timeout"},
    {Reach::unreachable, "unreachable"},
    {Reach::forbidden_address, "forbidden-address"},
    {Reach::port_blocked, "port-blocked"},
    {Reach::not_tried, "not-tried"},
});

std::string_view word_of(DnsStatus status) {
  return to_string(status);
}
std::string_view word_of(Reach reach) {
  return reach_names[reach];
}

std::optional<DnsStatus> parse_word(std::string_view word, DnsStatus) {
  return parse_dns_status(word);
}
std::optional<Reach> parse_word(std::string_view word, Reach) {
  return reach_names.parse(word);
}

struct Malformed {
  std::string what;
};

std::string from_hex(const std::string& hex, const std::string& where) {
  const auto value_of = [&](char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
      return c - 'a' + 10;
    }
    throw Malformed{where + ": expected lower-case hex"};
  };
  if (hex.size() % 2 != 0) {
    throw Malformed{where + ": expected pairs of hex digits"};
  }
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(value_of(hex[i]) * 16 + value_of(hex[i + 1]));
  }
  return bytes;
}

struct Writer;
template <typename T>
Json write(const T& value);

struct Writer {
  Json object = Json::object();
  template <typename T>
  void operator()(const char* name, T& value) {
    object[name] = write(value);
  }
  void retired(const char*) {}
};

Json write_one(const std::string& text) {
  return text::find_invalid_utf8(text) ? Json{{"hex", text::to_hex(text)}} : Json(text);
}
Json write_one(std::chrono::sys_seconds time) {
  return time.time_since_epoch().count();
}
template <typename Rep, typename Period>
Json write_one(std::chrono::duration<Rep, Period> duration) {
  return duration.count();
}
template <typename T>
requires std::integral<T> Json write_one(T value) {
  return value;
}
template <typename Enum>
requires std::is_enum_v<Enum> Json write_one(Enum value) {
  return std::string(word_of(value));
}
template <typename T>
Json write_one(const std::optional<T>& value) {
  return value ? write(*value) : Json(nullptr);
}
template <typename T>
Json write_one(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) {
    array.push_back(write(value));
  }
  return array;
}
Json write_one(const std::map<std::string, bool>& values) {
  return values;
}

template <typename T>
Json write(const T& value) {
  if constexpr (requires { write_one(value); }) {
    return write_one(value);
  } else {
    Writer writer;
    T copy = value;  // the one list of fields serves reading too, so it takes what can be changed
    visit_fields(writer, copy);
    return std::move(writer.object);
  }
}

template <typename T>
void read(const Json& json, T& value, const std::string& where);

struct Reader {
  const Json& object;
  const std::string& where;
  std::size_t known = 0;

  template <typename T>
  void operator()(const char* name, T& value) {
    const auto member = object.find(name);
    if (member != object.end()) {
      ++known;
      read(*member, value, where + "/" + name);
    }
  }
  void retired(const char* name) { known += object.contains(name) ? 1 : 0; }
};

void read_one(const Json& json, std::string& text, const std::string& where) {
  if (json.is_string()) {
    text = json.get<std::string>();
  } else if (json.is_object() && json.size() == 1 && json.contains("hex") && json["hex"].is_string()) {
    text = from_hex(json["hex"].get<std::string>(), where);
  } else {
    throw Malformed{where + ": expected a text or {\"hex\"}"};
  }
}

void read_one(const Json& json, bool& value, const std::string& where) {
  if (!json.is_boolean()) {
    throw Malformed{where + ": expected true or false"};
  }
  value = json.get<bool>();
}

template <typename T>
requires std::integral<T>
void read_one(const Json& json, T& value, const std::string& where) {
  const bool fits = json.is_number_unsigned()  ? std::in_range<T>(json.get<std::uint64_t>())
                    : json.is_number_integer() ? std::in_range<T>(json.get<std::int64_t>())
                                               : false;
  if (!fits) {
    throw Malformed{where + ": expected a whole number in range"};
  }
  value = json.get<T>();
}

template <typename Rep, typename Period>
void read_one(const Json& json, std::chrono::duration<Rep, Period>& value, const std::string& where) {
  std::int64_t count = 0;
  read_one(json, count, where);
  constexpr std::int64_t limit = std::int64_t{1} << 40;  // keeps every sum of times far from overflow
  if (count > limit || count < -limit) {
    throw Malformed{where + ": time out of range"};
  }
  value = std::chrono::duration<Rep, Period>(count);
}

void read_one(const Json& json, std::chrono::sys_seconds& value, const std::string& where) {
  std::chrono::seconds since{};
  read_one(json, since, where);
  value = std::chrono::sys_seconds(since);
}

template <typename Enum>
requires std::is_enum_v<Enum>
void read_one(const Json& json, Enum& value, const std::string& where) {
  const std::string text = json.is_string() ? json.get<std::string>() : "";
  const auto found = parse_word(text, value);
  if (!found) {
    throw Malformed{where + ": unknown word \"" + text::escape_for_display(text, 40) + "\""};
  }
  value = *found;
}

template <typename T>
void read_one(const Json& json, std::optional<T>& value, const std::string& where) {
  if (!json.is_null()) {
    read(json, value.emplace(), where);
  }
}

template <typename T>
void read_one(const Json& json, std::vector<T>& values, const std::string& where) {
  if (!json.is_array()) {
    throw Malformed{where + ": expected a list"};
  }
  for (std::size_t i = 0; i < json.size(); ++i) {
    read(json[i], values.emplace_back(), where + "/" + std::to_string(i));
  }
}

void read_one(const Json& json, std::map<std::string, bool>& values, const std::string& where) {
  if (!json.is_object()) {
    throw Malformed{where + ": expected an object"};
  }
  for (const auto& [name, value] : json.items()) {
    read_one(value, values[name], where + "/" + name);
  }
}

template <typename T>
void read(const Json& json, T& value, const std::string& where) {
  if constexpr (requires { read_one(json, value, where); }) {
    read_one(json, value, where);
  } else {
    if (!json.is_object()) {
      throw Malformed{where + ": expected an object"};
    }
    Reader reader{.object = json, .where = where};
    visit_fields(reader, value);
    if (reader.known != json.size()) {
      throw Malformed{where + ": unknown member"};
    }
  }
}

bool is_too_deep(std::string_view json) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      i += c == '\\' ? 1 : 0;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (++depth > depth_limit) {
        return true;
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

std::unexpected<Fault> malformed(std::string detail) {
  return std::unexpected(Fault{"input-invalid", std::move(detail)});
}

}  // namespace

std::string render_facts(const Facts& facts) {
  return write(facts).dump(2) + "\n";
}

std::expected<Facts, Fault> parse_facts(std::string_view json) {
  if (is_too_deep(json)) {
    return malformed("nested too deeply");
  }
  try {
    const Json document = Json::parse(json);
    Facts facts;
    read(document, facts, "");
    return facts;
  } catch (const Malformed& wrong) {
    return malformed(wrong.what);
  } catch (const Json::exception& exception) {
    return malformed(text::escape_for_display(exception.what(), 200));
  }
}

}  // namespace mta_sts::check
