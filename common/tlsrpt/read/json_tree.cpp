#include "tlsrpt/read/json_tree.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "tlsrpt/read/json_parser.hpp"
#include "tlsrpt/read/text_safety.hpp"

namespace mta_sts::tlsrpt {
namespace {

struct KeyName {
  std::string_view name;
  Key key;
};

constexpr std::array<KeyName, 27> key_names = {{
    {"additional-info-uri", Key::additional_info_uri},
    {"additional-information", Key::additional_information},
    {"contact-info", Key::contact_info},
    {"date-range", Key::date_range},
    {"end-datetime", Key::end_datetime},
    {"failed-session-count", Key::failed_session_count},
    {"failure-details", Key::failure_details},
    {"failure-error-code", Key::failure_error_code},
    {"failure-reason-code", Key::failure_reason_code},
    {"mx-host", Key::mx_host},
    {"mx-host-pattern", Key::mx_host_pattern},
    {"organization-name", Key::organization_name},
    {"policies", Key::policies},
    {"policy", Key::policy},
    {"policy-domain", Key::policy_domain},
    {"policy-string", Key::policy_string},
    {"policy-type", Key::policy_type},
    {"receiving-ip", Key::receiving_ip},
    {"receiving-mx-helo", Key::receiving_mx_helo},
    {"receiving-mx-hostname", Key::receiving_mx_hostname},
    {"report-id", Key::report_id},
    {"result-type", Key::result_type},
    {"sending-mta-ip", Key::sending_mta_ip},
    {"start-datetime", Key::start_datetime},
    {"summary", Key::summary},
    {"total-failure-session-count", Key::total_failure_session_count},
    {"total-successful-session-count", Key::total_successful_session_count},
}};
static_assert(static_cast<std::size_t>(Key::total_successful_session_count) <
              32);  // a bit each, in the builder
static_assert(std::ranges::is_sorted(key_names, {}, &KeyName::name));

Key key_of(std::string_view name) {
  const auto* const found = std::ranges::lower_bound(key_names, name, {}, &KeyName::name);
  return found != key_names.end() && found->name == name ? found->key : Key::unknown;
}

}  // namespace

// Builds the tree of what the parser tells.
class JsonTreeBuilder final : public JsonEvents {
 public:
  JsonTreeBuilder(JsonTree& tree, QuirkSet& quirks) : tree_(tree), quirks_(quirks) {}

  bool literal(std::string_view written) override {
    const char first = written.front();
    if (first == 'n') {
      return scalar(JsonTree::Kind::null, {});
    }
    const bool is_boolean = first == 't' || first == 'f';
    return is_boolean ? scalar(JsonTree::Kind::boolean, {}) : scalar(JsonTree::Kind::number, written);
  }

  bool string(std::string_view text, bool is_plain) override {
    if (!is_plain && !is_safe_text(text)) {
      quirks_.add(Quirk::ctrl);
    }
    return scalar(JsonTree::Kind::string, text);
  }

  bool key(std::string_view name) override {
    key_ = key_of(name);
    Open& object = open_.back();
    if (key_ != Key::unknown) {
      const std::uint32_t bit = std::uint32_t{1} << static_cast<std::uint8_t>(key_);
      has_doubled_ = has_doubled_ || (object.keys & bit) != 0;
      object.keys |= bit;
    } else {
      unknown_.push_back(std::hash<std::string_view>()(name));
    }
    return true;
  }

  bool open(char bracket) override {
    const bool is_left_out = key_ == Key::unknown || (!open_.empty() && open_.back().is_left_out);
    JsonTree::Node node = JsonTree::no_node;
    if (!is_left_out && !add(bracket == '{' ? JsonTree::Kind::object : JsonTree::Kind::array, node)) {
      return false;
    }
    key_ = Key::none;
    open_.push_back({.node = node, .is_left_out = is_left_out, .unknown_begin = unknown_.size()});
    return true;
  }

  bool close(char) override {
    const auto begin = unknown_.begin() + static_cast<std::ptrdiff_t>(open_.back().unknown_begin);
    if (unknown_.end() - begin > 1) {
      std::sort(begin, unknown_.end());
      has_doubled_ = has_doubled_ || std::adjacent_find(begin, unknown_.end()) != unknown_.end();
    }
    unknown_.erase(begin, unknown_.end());
    open_.pop_back();
    return true;
  }

  [[nodiscard]] bool has_doubled_key() const { return has_doubled_; }

 private:
  // An open bracket.
  struct Open {
    JsonTree::Node node = JsonTree::no_node;
    bool is_left_out = false;  // it stands below an unknown key
    std::uint32_t keys = 0;    // the known ones that came
    std::size_t unknown_begin = 0;
  };

  bool scalar(JsonTree::Kind kind, std::string_view text) {
    const bool is_left_out = key_ == Key::unknown || (!open_.empty() && open_.back().is_left_out);
    if (is_left_out) {
      key_ = Key::none;
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
    tree_.nodes_.push_back({.kind = kind, .key = std::exchange(key_, Key::none)});
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
  Key key_ = Key::none;
  std::vector<Open> open_;
  std::vector<std::size_t> unknown_;  // hashes of the unknown keys of the open objects
  bool has_doubled_ = false;
};

namespace {

Problem problem_of(JsonEnd end, std::size_t offset) {
  switch (end) {
    case JsonEnd::too_deep:
      return {.error = ReadError::depth, .detail = "the JSON text is nested more than 64 deep"};
    case JsonEnd::stopped:
      return {.error = ReadError::too_big, .detail = "over 4 million values in one report"};
    case JsonEnd::cut_short:
      return {.error = ReadError::json,
              .detail =
                  "the JSON text ends too early, after " + std::to_string(offset) + " bytes: fetch it again"};
    default:
      return {.error = ReadError::json, .detail = "JSON syntax error at byte " + std::to_string(offset + 1)};
  }
}

// Where the brackets of a text end that cannot be parsed, so that the next one is still read.
std::size_t length_by_brackets(std::string_view text) {
  std::size_t depth = 0;
  bool is_in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_in_string) {
      is_in_string = c != '"';
      at += c == '\\' ? 1 : 0;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

}  // namespace

std::expected<JsonTree, Problem> JsonTree::parse(std::string_view text, QuirkSet& quirks,
                                                 std::size_t& length) {
  JsonTree tree;
  tree.nodes_.reserve(64);
  tree.texts_.reserve(std::min<std::size_t>(text.size(), 2048));
  JsonTreeBuilder builder(tree, quirks);
  JsonParser parser(text, builder);
  const JsonEnd end = parser.parse();
  length = parser.offset();
  if (parser.has_lone_surrogate()) {
    quirks.add(Quirk::utf8);
  }
  if (builder.has_doubled_key()) {
    quirks.add(Quirk::dup_key);
  }
  if (end != JsonEnd::whole) {
    length = length_by_brackets(text);
    return std::unexpected(problem_of(end, parser.offset()));
  }
  return tree;
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
