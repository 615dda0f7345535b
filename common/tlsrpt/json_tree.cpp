#include "tlsrpt/json_tree.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "tlsrpt/text_safety.hpp"

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
static_assert(std::ranges::is_sorted(key_names, {}, &KeyName::name));

Key key_of(std::string_view name) {
  const auto* const found = std::ranges::lower_bound(key_names, name, {}, &KeyName::name);
  return found != key_names.end() && found->name == name ? found->key : Key::unknown;
}

}  // namespace

// What nlohmann's SAX parser calls; each function tells whether to go on.
class JsonTreeBuilder {
 public:
  JsonTreeBuilder(JsonTree& tree, QuirkSet& quirks) : tree_(tree), quirks_(quirks) {}

  bool null() { return scalar(JsonTree::Kind::null, {}); }
  bool boolean(bool) { return scalar(JsonTree::Kind::boolean, {}); }
  bool number_integer(std::int64_t value) { return scalar(JsonTree::Kind::number, std::to_string(value)); }
  bool number_unsigned(std::uint64_t value) { return scalar(JsonTree::Kind::number, std::to_string(value)); }
  bool number_float(double, const std::string& written) { return scalar(JsonTree::Kind::number, written); }
  bool string(const std::string& value) {
    if (!is_safe_text(value)) {
      quirks_.add(Quirk::ctrl);
    }
    return scalar(JsonTree::Kind::string, value);
  }
  bool binary(const std::vector<std::uint8_t>&) { return false; }

  bool start_object(std::size_t) {
    hashes_begin_.push_back(hashes_.size());
    return open(JsonTree::Kind::object);
  }
  bool key(const std::string& name) {
    hashes_.push_back(std::hash<std::string>()(name));
    if (left_out_ == 0) {
      key_ = key_of(name);
    }
    return true;
  }
  bool end_object() {
    const auto begin = hashes_.begin() + static_cast<std::ptrdiff_t>(hashes_begin_.back());
    std::sort(begin, hashes_.end());
    if (std::adjacent_find(begin, hashes_.end()) != hashes_.end()) {
      quirks_.add(Quirk::dup_key);
    }
    hashes_.erase(begin, hashes_.end());
    hashes_begin_.pop_back();
    return close();
  }
  bool start_array(std::size_t) { return open(JsonTree::Kind::array); }
  bool end_array() { return close(); }

  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception&) {
    error_ = {.error = ReadError::json,
              .detail = "JSON syntax error at octet " + std::to_string(position) + " of the text"};
    return false;
  }

  Problem take_error() { return std::move(error_); }

 private:
  bool scalar(JsonTree::Kind kind, std::string_view text) {
    if (left_out_ > 0) {
      return true;
    }
    if (key_ == Key::unknown) {
      key_ = Key::none;
      return true;
    }
    const auto node = add(kind);
    if (!node) {
      return false;
    }
    tree_.nodes_[*node].first = static_cast<std::uint32_t>(tree_.texts_.size());
    tree_.nodes_[*node].length = static_cast<std::uint32_t>(text.size());
    tree_.texts_ += text;
    return true;
  }

  bool open(JsonTree::Kind kind) {
    if (left_out_ > 0 || key_ == Key::unknown) {
      key_ = Key::none;
      ++left_out_;
      return true;
    }
    const auto node = add(kind);
    if (!node) {
      return false;
    }
    open_.push_back(*node);
    return true;
  }

  bool close() {
    if (left_out_ > 0) {
      --left_out_;
    } else {
      open_.pop_back();
    }
    return true;
  }

  std::optional<JsonTree::Node> add(JsonTree::Kind kind) {
    if (tree_.nodes_.size() >= JsonTree::node_limit) {
      error_ = {.error = ReadError::too_big, .detail = "over 4 million values in one report"};
      return std::nullopt;
    }
    const auto node = static_cast<JsonTree::Node>(tree_.nodes_.size());
    tree_.nodes_.push_back({.kind = kind, .key = std::exchange(key_, Key::none)});
    if (!open_.empty()) {
      JsonTree::Stored& parent = tree_.nodes_[open_.back()];
      if (parent.first == JsonTree::no_node) {
        parent.first = node;
      } else {
        tree_.nodes_[parent.length].next = node;
      }
      parent.length = node;
    }
    return node;
  }

  JsonTree& tree_;
  QuirkSet& quirks_;
  Key key_ = Key::none;
  std::size_t left_out_ = 0;               // brackets open below an unknown key
  std::vector<JsonTree::Node> open_;       // the path to where we are
  std::vector<std::size_t> hashes_;        // of the keys of the open objects
  std::vector<std::size_t> hashes_begin_;  // where each open object's begin
  Problem error_;
};

std::expected<JsonTree, Problem> JsonTree::parse(std::string_view text, QuirkSet& quirks) {
  JsonTree tree;
  JsonTreeBuilder builder(tree, quirks);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return std::unexpected(builder.take_error());
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
