#include "tlsrpt/read/json_tree.hpp"

// RapidJSON looks at 16 bytes of a string at once where it may.
#ifdef __SSE2__
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "tlsrpt/read/json_text.hpp"
#include "tlsrpt/read/text_safety.hpp"

namespace mta_sts::tlsrpt {
namespace {

struct KeyName {
  std::string_view name;
  Key key;
};

// Those of one length stand together, so that few are compared.
constexpr std::array<KeyName, 27> key_names = {{
    {"policy", Key::policy},
    {"mx-host", Key::mx_host},
    {"summary", Key::summary},
    {"policies", Key::policies},
    {"report-id", Key::report_id},
    {"date-range", Key::date_range},
    {"policy-type", Key::policy_type},
    {"result-type", Key::result_type},
    {"contact-info", Key::contact_info},
    {"end-datetime", Key::end_datetime},
    {"receiving-ip", Key::receiving_ip},
    {"policy-domain", Key::policy_domain},
    {"policy-string", Key::policy_string},
    {"sending-mta-ip", Key::sending_mta_ip},
    {"start-datetime", Key::start_datetime},
    {"failure-details", Key::failure_details},
    {"mx-host-pattern", Key::mx_host_pattern},
    {"organization-name", Key::organization_name},
    {"receiving-mx-helo", Key::receiving_mx_helo},
    {"failure-error-code", Key::failure_error_code},
    {"additional-info-uri", Key::additional_info_uri},
    {"failure-reason-code", Key::failure_reason_code},
    {"failed-session-count", Key::failed_session_count},
    {"receiving-mx-hostname", Key::receiving_mx_hostname},
    {"additional-information", Key::additional_information},
    {"total-failure-session-count", Key::total_failure_session_count},
    {"total-successful-session-count", Key::total_successful_session_count},
}};
static_assert(static_cast<std::size_t>(Key::total_successful_session_count) <
              32);  // a bit each, in the builder
static_assert(std::ranges::is_sorted(key_names, {}, [](const KeyName& each) { return each.name.size(); }));

constexpr std::size_t name_limit = key_names.back().name.size();

// Where the names of each length begin; those of the next one stand behind them.
constexpr auto name_begins = [] {
  std::array<std::uint8_t, name_limit + 2> begins{};
  for (const KeyName& each : key_names) {
    for (std::size_t length = each.name.size() + 1; length < begins.size(); ++length) {
      ++begins[length];
    }
  }
  return begins;
}();

Key key_of(std::string_view name) {
  if (name.size() <= name_limit) {
    for (std::size_t i = name_begins[name.size()]; i < name_begins[name.size() + 1]; ++i) {
      if (key_names[i].name == name) {
        return key_names[i].key;
      }
    }
  }
  const bool is_count = name.ends_with("session-count") || name.ends_with("session_count");
  return is_count ? Key::other_session_count : Key::unknown;
}

}  // namespace

// Builds the tree of what RapidJSON tells.
class JsonTreeBuilder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonTreeBuilder> {
 public:
  using Length = rapidjson::SizeType;

  JsonTreeBuilder(JsonTree& tree, QuirkSet& quirks) : tree_(tree), quirks_(quirks) {}

  bool Null() { return scalar(JsonTree::Kind::null, {}); }
  bool Bool(bool) { return scalar(JsonTree::Kind::boolean, {}); }
  bool RawNumber(const char* text, Length length, bool) {
    return scalar(JsonTree::Kind::number, {text, length});
  }

  bool String(const char* bytes, Length length, bool) {
    const std::string_view text(bytes, length);
    if (!is_safe_text(text)) {
      quirks_.add(Quirk::ctrl);
    }
    return scalar(JsonTree::Kind::string, text);
  }

  bool Key(const char* bytes, Length length, bool) {
    const std::string_view name(bytes, length);
    key_ = key_of(name);
    Open& object = open_.back();
    if (key_ != tlsrpt::Key::unknown && key_ != tlsrpt::Key::other_session_count) {
      const std::uint32_t bit = std::uint32_t{1} << static_cast<std::uint8_t>(key_);
      has_doubled_ = has_doubled_ || (object.keys & bit) != 0;
      object.keys |= bit;
    } else {
      unknown_.push_back(std::hash<std::string_view>()(name));
    }
    return true;
  }

  bool StartObject() { return open(JsonTree::Kind::object); }
  bool EndObject(Length) { return close(); }
  bool StartArray() { return open(JsonTree::Kind::array); }
  bool EndArray(Length) { return close(); }

  [[nodiscard]] bool is_too_deep() const { return is_too_deep_; }
  [[nodiscard]] bool has_doubled_key() const { return has_doubled_; }

 private:
  // An open bracket.
  struct Open {
    JsonTree::Node node = JsonTree::no_node;
    bool is_left_out = false;  // it stands below an unknown key
    std::uint32_t keys = 0;    // the known ones that came
    std::size_t unknown_begin = 0;
  };

  bool open(JsonTree::Kind kind) {
    is_too_deep_ = open_.size() == json_depth_limit;
    const bool is_left_out = key_ == tlsrpt::Key::unknown || (!open_.empty() && open_.back().is_left_out);
    JsonTree::Node node = JsonTree::no_node;
    if (is_too_deep_ || (!is_left_out && !add(kind, node))) {
      return false;
    }
    key_ = tlsrpt::Key::none;
    open_.push_back({.node = node, .is_left_out = is_left_out, .unknown_begin = unknown_.size()});
    return true;
  }

  bool close() {
    const auto begin = unknown_.begin() + static_cast<std::ptrdiff_t>(open_.back().unknown_begin);
    if (unknown_.end() - begin > 1) {
      std::sort(begin, unknown_.end());
      has_doubled_ = has_doubled_ || std::adjacent_find(begin, unknown_.end()) != unknown_.end();
    }
    unknown_.erase(begin, unknown_.end());
    open_.pop_back();
    return true;
  }

  bool scalar(JsonTree::Kind kind, std::string_view text) {
    const bool is_left_out = key_ == tlsrpt::Key::unknown || (!open_.empty() && open_.back().is_left_out);
    if (is_left_out) {
      key_ = tlsrpt::Key::none;
      return true;
    }
    JsonTree::Node node = JsonTree::no_node;
    if (!add(kind, node)) {
      return false;
    }
    tree_.nodes_[node].first = static_cast<std::uint32_t>(tree_.texts_.size());
    tree_.nodes_[node].length = static_cast<std::uint32_t>(text.size());
    tree_.texts_ += text;
    return true;
  }

  // False where there are too many.
  bool add(JsonTree::Kind kind, JsonTree::Node& node) {
    if (tree_.nodes_.size() >= JsonTree::node_limit) {
      return false;
    }
    node = static_cast<JsonTree::Node>(tree_.nodes_.size());
    tree_.nodes_.push_back({.kind = kind, .key = std::exchange(key_, tlsrpt::Key::none)});
    if (!open_.empty()) {
      JsonTree::Stored& parent = tree_.nodes_[open_.back().node];
      if (parent.first == JsonTree::no_node) {
        parent.first = node;
      } else {
        tree_.nodes_[parent.length].next = node;
      }
      parent.length = node;
    }
    return true;
  }

  JsonTree& tree_;
  QuirkSet& quirks_;
  tlsrpt::Key key_ = tlsrpt::Key::none;
  std::vector<Open> open_;
  std::vector<std::size_t> unknown_;  // hashes of the unknown keys of the open objects
  bool has_doubled_ = false;
  bool is_too_deep_ = false;
};

namespace {

constexpr unsigned parse_flags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                                 rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseStopWhenDoneFlag;

// Numbers that no double holds end RapidJSON's parsing though they are wanted as text: a few are mended.
constexpr std::size_t great_numbers_limit = 8;

// What RapidJSON reads at once.
constexpr std::size_t block_bytes = 16;

struct Parsing {
  rapidjson::ParseResult result;
  std::size_t end = 0;  // how far it came
  bool is_too_deep = false;
};

Problem problem_of(const Parsing& parsing, std::size_t length) {
  if (parsing.is_too_deep) {
    return {.error = ReadError::depth, .detail = "the JSON text is nested more than 64 deep"};
  }
  if (parsing.result.Code() == rapidjson::kParseErrorTermination) {
    return {.error = ReadError::too_big, .detail = "over 4 million values in one report"};
  }
  if (parsing.end >= length) {
    return {
        .error = ReadError::json,
        .detail = "the JSON text ends too early, after " + std::to_string(length) + " bytes: fetch it again"};
  }
  return {.error = ReadError::json,
          .detail = "JSON syntax error at byte " + std::to_string(parsing.result.Offset() + 1)};
}

// Puts -1, which is no count either, in the place of a number of any length over one.
void replace_number(std::string& text, std::size_t at) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789+-.eE", at), text.size());
  text.replace(at, end - at, std::string("-1").append(end - at - 2, ' '));
}

}  // namespace

std::expected<JsonTree, Problem> JsonTree::parse(std::string_view text, QuirkSet& quirks,
                                                 std::size_t& length) {
  std::vector<std::size_t> great_numbers;
  while (true) {
    JsonTree tree;
    tree.nodes_.reserve(64);
    tree.texts_.reserve(std::min<std::size_t>(text.size(), 2048));
    JsonTreeBuilder builder(tree, quirks);
    std::string decoded;  // in its own place
    decoded.reserve(text.size() + block_bytes);
    decoded = text;
    if (mend_lone_surrogates(decoded)) {
      quirks.add(Quirk::utf8);
    }
    for (const std::size_t at : great_numbers) {
      replace_number(decoded, at);
    }
    decoded.append(block_bytes, '\0');  // it reads the whole block that the end is in
    rapidjson::InsituStringStream stream(decoded.data());
    Parsing parsing{.result = rapidjson::Reader().Parse<parse_flags>(stream, builder)};
    parsing.end = stream.Tell();
    parsing.is_too_deep = builder.is_too_deep();
    if (parsing.result.Code() == rapidjson::kParseErrorNumberTooBig &&
        great_numbers.size() < great_numbers_limit) {
      great_numbers.push_back(parsing.result.Offset());
      continue;
    }
    if (builder.has_doubled_key()) {
      quirks.add(Quirk::dup_key);
    }
    if (parsing.result.IsError()) {
      length = std::min(end_of_brackets(text), text.size());
      return std::unexpected(problem_of(parsing, text.size()));
    }
    length = parsing.end;
    return tree;
  }
}

JsonTree::Node JsonTree::find(Node object, Key key) const {
  Node found = no_node;
  if (object != no_node && kind(object) == Kind::object) {
    for (Node member = first(object); member != no_node; member = next(member)) {
      if (nodes_[member].key == key) {
        found = member;
      }
    }
  }
  return found;
}

}  // namespace mta_sts::tlsrpt
