#include "store/lines/json_entry.hpp"

#include <rapidjson/reader.h>

#include <array>
#include <utility>

#include "base/utf8.hpp"

namespace mta_sts::store {
namespace {

constexpr std::string_view keys_known =
    "the keys are domain, profile, alias, policy, mode, mx, max_age and serial";

/// Takes what RapidJSON reads; false ends the reading, with the reason in fault().
class Handler {
 public:
  // What has no place in a line comes here.
  bool Null() { return refuse("null says nothing; leave the key out"); }
  bool Bool(bool) { return refuse("true and false are no values here"); }
  bool Int(int) { return refuse({}); }
  bool Uint(unsigned) { return refuse({}); }
  bool Int64(std::int64_t) { return refuse({}); }
  bool Uint64(std::uint64_t) { return refuse({}); }
  bool Double(double) { return refuse({}); }

  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (key_ != "max_age" && key_ != "serial") {
      return refuse(quoted_key() + " is a string");
    }
    return take({text, length});
  }

  bool String(const char* text, rapidjson::SizeType length, bool) { return take({text, length}); }

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key_ = {text, length};
    const auto place = place_of(key_);
    if (!place && key_ != "mx") {
      return refuse(quoted_key() + " is no key; " + std::string(keys_known));
    }
    if (place ? place->has_value() : has_mx_) {
      return refuse(quoted_key() + " is there twice");
    }
    has_mx_ = has_mx_ || key_ == "mx";
    return true;
  }

  bool StartObject() { return !std::exchange(is_inside_, true) || refuse("an object within the object"); }
  bool EndObject(rapidjson::SizeType) { return true; }
  bool StartArray() {
    return (is_inside_ && key_ == "mx" && !std::exchange(is_list_, true)) ||
           refuse("only mx is a list, of strings");
  }
  bool EndArray(rapidjson::SizeType) {
    is_list_ = false;
    return true;
  }

  [[nodiscard]] JsonEntryView& entry() { return entry_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  using Place = std::optional<std::string_view>;

  bool refuse(std::string fault) {
    fault_ = std::move(fault);
    return false;
  }

  [[nodiscard]] std::string quoted_key() const { return text::quote_for_display(key_); }

  Place* place_of(std::string_view key) {
    const std::array<std::pair<std::string_view, Place*>, 7> places{{{"domain", &entry_.domain},
                                                                     {"profile", &entry_.profile},
                                                                     {"alias", &entry_.alias},
                                                                     {"mode", &entry_.mode},
                                                                     {"max_age", &entry_.max_age},
                                                                     {"serial", &entry_.serial},
                                                                     {"policy", &entry_.policy}}};
    for (const auto& [name, place] : places) {
      if (name == key) {
        return place;
      }
    }
    return nullptr;
  }

  bool take(std::string_view value) {
    if (!is_inside_) {
      return refuse("a line is one object");
    }
    if (Place* place = place_of(key_)) {
      *place = value;
    } else {
      entry_.mx.push_back(value);
    }
    return true;
  }

  JsonEntryView entry_;
  std::string fault_;
  std::string_view key_;
  bool is_inside_ = false;
  bool is_list_ = false;
  bool has_mx_ = false;
};

}  // namespace

std::expected<JsonEntryView, std::string> parse_json_entry(std::string& line) {
  // The reader recurses, and the handler refuses the third bracket.
  constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::InsituStringStream stream(line.data());
  rapidjson::Reader reader;
  Handler handler;
  if (reader.Parse<flags>(stream, handler).IsError()) {
    return std::unexpected(handler.fault().empty() ? "it is not JSON from byte " +
                                                         std::to_string(reader.GetErrorOffset() + 1) + " on"
                                                   : handler.fault());
  }
  return std::move(handler.entry());
}

}  // namespace mta_sts::store
