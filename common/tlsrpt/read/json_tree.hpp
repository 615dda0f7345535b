#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "tlsrpt/model/words.hpp"

namespace mta_sts::tlsrpt {

/// The keys of a report. RFC 8460 section 4.4, and the spellings of its drafts that are still sent.
enum class Key : std::uint8_t {
  none,  ///< an array's element, or the root
  unknown,
  additional_info_uri,
  additional_information,
  contact_info,
  date_range,
  end_datetime,
  failed_session_count,
  failure_details,
  failure_error_code,
  failure_reason_code,
  mx_host,
  mx_host_pattern,
  organization_name,
  other_session_count,  ///< another key of this end: a count that a sender calls by a name of its own
  policies,
  policy,
  policy_domain,
  policy_string,
  policy_type,
  receiving_ip,
  receiving_mx_helo,
  receiving_mx_hostname,
  report_id,
  result_type,
  sending_mta_ip,
  start_datetime,
  summary,
  total_failure_session_count,
  total_successful_session_count,
};

/// A JSON text as far as a report can use it: values behind unknown keys are checked and left out. Nodes are
/// numbered from 0, the root; text is decoded. 16 bytes a node, so that a text of 20 MiB cannot take many
/// times its size.
class JsonTree {
 public:
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  using Node = std::uint32_t;
  static constexpr Node no_node = UINT32_MAX;
  static constexpr std::size_t node_limit = std::size_t{4} << 20;

  /// Parses the JSON text that `text`, UTF-8, begins with, and sets `length` to where it ends; of a text with
  /// an error, to where its brackets end. Errors: json (syntax), depth, too_big (over node_limit). Quirks:
  /// dup_key, ctrl, utf8.
  [[nodiscard]] static std::expected<JsonTree, Problem> parse(std::string_view text, QuirkSet& quirks,
                                                              std::size_t& length);

  [[nodiscard]] Kind kind(Node node) const { return nodes_[node].kind; }
  [[nodiscard]] Key key(Node node) const { return nodes_[node].key; }

  /// Gives a string, or a number as it was written; empty for the rest.
  [[nodiscard]] std::string_view text(Node node) const {
    const Stored& stored = nodes_[node];
    const bool has_text = stored.kind == Kind::string || stored.kind == Kind::number;
    return has_text ? std::string_view(texts_).substr(stored.first, stored.length) : std::string_view();
  }

  /// Gives the first member or element, or no_node.
  [[nodiscard]] Node first(Node node) const {
    const Stored& stored = nodes_[node];
    const bool has_children = stored.kind == Kind::array || stored.kind == Kind::object;
    return has_children ? stored.first : no_node;
  }
  [[nodiscard]] Node next(Node node) const { return nodes_[node].next; }

  /// Gives the last member of an object with this key, or no_node: of doubled keys the last counts.
  [[nodiscard]] Node find(Node object, Key key) const;

 private:
  friend class JsonTreeBuilder;

  struct Stored {
    std::uint32_t first = no_node;  // of texts_, or a node
    std::uint32_t length = 0;       // of the text; while it is built: the last child
    Node next = no_node;
    Kind kind = Kind::null;
    Key key = Key::none;
  };

  std::vector<Stored> nodes_;
  std::string texts_;
};

}  // namespace mta_sts::tlsrpt
