#include "tlsrpt/read/policy_reader.hpp"

#include <algorithm>
#include <array>
#include <expected>

#include "base/ascii.hpp"
#include "tlsrpt/model/failure_types.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/read/mx_coverage.hpp"
#include "tlsrpt/read/policy_members.hpp"
#include "tlsrpt/read/report_names.hpp"

namespace mta_sts::tlsrpt {
namespace {

using Node = JsonTree::Node;
using Kind = JsonTree::Kind;

constexpr std::array<std::string_view, 3> policy_types = {"sts", "tlsa", "no-policy-found"};

constexpr std::string_view bad_count = "is negative, a fraction, too great or no number";

bool is_policy_type(std::string_view type) {
  return std::ranges::find(policy_types, type) != policy_types.end();
}

bool is_result_type(std::string_view type) {
  return find_failure_type(type) != nullptr;
}

class PolicyReader {
 public:
  PolicyReader(const JsonTree& tree, Node node) : tree_(tree), members_(tree, node, reading_.quirks) {}

  PolicyReading read() {
    PolicyReport report;
    read_policy_object(report);
    read_details(members_.of_element(Key::failure_details), report);
    if (report.type == "sts" && !report.details.empty()) {
      const MxCoverage coverage(report.mx_hosts);
      for (FailureDetail& detail : report.details) {
        detail.is_outside_policy = coverage.leaves_out(detail.host);
      }
    }
    std::uint64_t in_details = 0;
    for (const FailureDetail& detail : report.details) {
      in_details = saturating_add(in_details, detail.count);
    }
    const auto success = total(Key::total_successful_session_count);
    const auto failure = total(Key::total_failure_session_count);
    report.success = success.value_or(0);
    report.failure = failure.value_or(in_details);
    if (failure && *failure != in_details && !has_bad_detail()) {
      quirks_.add(Quirk::sum);
    }
    look_for_counts(success.has_value(), failure.has_value(), in_details);
    if (!is_spoiled_) {
      reading_.policy = std::move(report);
    } else {
      reading_.quirks = {};  // a policy that is left out warns of nothing: E_COUNT stands alone
    }
    return std::move(reading_);
  }

 private:
  // A policy whose counts are somewhere else, or nowhere, is not one of no sessions.
  void look_for_counts(bool has_successes, bool has_failures, std::uint64_t in_details) {
    constexpr std::size_t all = 2;
    const std::size_t totals = (has_successes ? 1U : 0U) + (has_failures ? 1U : 0U);
    if (is_spoiled_) {
      return;
    }
    if (members_.totals_differ()) {
      spoil("a count of sessions stands in two places, and differs; it is left out");
    } else if (totals == all) {
      return;
    } else if (members_.count_totals() > totals) {
      spoil("a count of sessions is where none belongs; it is left out");
    } else if (totals == 0 && in_details == 0) {
      spoil("no count of sessions is in it; it is left out");
    } else if (!has_failures && has_bad_detail()) {
      spoil("nothing else counts its failures; it is left out");
    }
  }

  void spoil(std::string_view why) {
    is_spoiled_ = true;
    reading_.problems.emplace_back(why);
  }

  [[nodiscard]] bool has_bad_detail() const { return bad_details_ > 0; }

  void read_policy_object(PolicyReport& report) {
    report.type = word(members_.of_policy(Key::policy_type), Quirk::policy_type, is_policy_type);
    const Node domain = members_.of_policy(Key::policy_domain);
    if (domain != JsonTree::no_node && tree_.kind(domain) == Kind::string && !tree_.text(domain).empty()) {
      report.domain = name(tree_.text(domain));
    } else {
      quirks_.add(Quirk::policy_domain);
    }
    report.policy_string = lines(members_.of_policy(Key::policy_string), Quirk::policy_string);
    unfold_nested(report.policy_string);
    Node mx_host = members_.of_policy(Key::mx_host);
    if (mx_host == JsonTree::no_node) {
      mx_host = members_.of_policy(Key::mx_host_pattern);
      if (mx_host != JsonTree::no_node) {
        quirks_.add(Quirk::mxhost);
      }
    }
    for (const std::string& text : lines(mx_host, Quirk::mxhost)) {
      if (!split_mx_patterns(text, report.mx_hosts)) {
        quirks_.add(Quirk::mxhost);
      }
    }
    for (std::string& pattern : report.mx_hosts) {
      pattern = name(pattern);
    }
  }

  // A word of a list that may grow (R134): known in another case becomes known, the rest stays as it is.
  std::optional<std::string> word(Node node, Quirk quirk, bool (*is_known)(std::string_view)) {
    if (node == JsonTree::no_node || tree_.kind(node) != Kind::string || tree_.text(node).empty()) {
      quirks_.add(quirk);
      return std::nullopt;
    }
    const std::string_view text = tree_.text(node);
    if (is_known(text)) {
      return std::string(text);
    }
    quirks_.add(quirk);
    std::string lower = ascii::to_lower(ascii::trim_blanks(text));
    return is_known(lower) ? std::move(lower) : std::string(text);
  }

  std::string name(std::string_view text) {
    text = ascii::trim_blanks(text);
    if (has_u_label(text)) {
      quirks_.add(Quirk::u_label);
    }
    return normal_name(text);
  }

  // An array of strings (R135); a single string is taken as one element.
  std::vector<std::string> lines(Node node, Quirk quirk) {
    std::vector<std::string> all;
    if (node == JsonTree::no_node || tree_.kind(node) == Kind::null) {
      return all;
    }
    if (tree_.kind(node) == Kind::string) {
      quirks_.add(quirk);
      add_lines(tree_.text(node), all, quirk);
      return all;
    }
    if (tree_.kind(node) != Kind::array) {
      quirks_.add(quirk);
    }
    all.reserve(strings_in(node));
    for (Node line = tree_.first(node); line != JsonTree::no_node; line = tree_.next(line)) {
      if (tree_.kind(line) == Kind::string) {
        add_lines(tree_.text(line), all, quirk);
      } else {
        quirks_.add(quirk);
      }
    }
    return all;
  }

  std::size_t strings_in(Node array) const {
    std::size_t count = 0;
    for (Node each = tree_.first(array); each != JsonTree::no_node; each = tree_.next(each)) {
      count += tree_.kind(each) == Kind::string ? 1 : 0;
    }
    return count;
  }

  // A whole policy in one string has its line breaks.
  void add_lines(std::string_view text, std::vector<std::string>& all, Quirk quirk) {
    if (!text.contains('\n') && !text.contains('\r')) {
      all.emplace_back(text);
      return;
    }
    quirks_.add(quirk);
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
      if (end > 0) {
        all.emplace_back(text.substr(0, end));
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  // Microsoft's tlsa policies: one string that is itself a JSON array of the records.
  void unfold_nested(std::vector<std::string>& policy_string) {
    if (policy_string.size() != 1 || !policy_string.front().starts_with('[')) {
      return;
    }
    quirks_.add(Quirk::policy_string);
    QuirkSet ignored;
    std::size_t length = 0;
    const auto inner = JsonTree::parse(policy_string.front(), ignored, length);
    if (!inner || inner->kind(0) != Kind::array) {
      return;
    }
    std::vector<std::string> records;
    for (Node node = inner->first(0); node != JsonTree::no_node; node = inner->next(node)) {
      records.emplace_back(inner->text(node));
    }
    policy_string = std::move(records);
  }

  void read_details(Node details, PolicyReport& report) {
    if (details == JsonTree::no_node || tree_.kind(details) == Kind::null) {
      return;
    }
    if (tree_.kind(details) == Kind::object) {
      quirks_.add(Quirk::details);
      add_detail(details, 1, report);
      return;
    }
    if (tree_.kind(details) != Kind::array) {
      quirks_.add(Quirk::details);
    }
    std::size_t number = 0;
    for (Node node = tree_.first(details); node != JsonTree::no_node; node = tree_.next(node)) {
      ++number;
      if (tree_.kind(node) == Kind::object) {
        add_detail(node, number, report);
      } else {
        quirks_.add(Quirk::details);
      }
    }
  }

  // A detail with a bad count spoils nothing but itself: the summary has the counts.
  void add_detail(Node node, std::size_t number, PolicyReport& report) {
    FailureDetail read = detail(node);
    const auto failed = count(tree_.find(node, Key::failed_session_count), Quirk::details);
    if (!failed && failed.error() == BadCount::unusable) {
      constexpr std::size_t shown_bytes = 100;
      if (++bad_details_ <= Findings::problem_limit) {
        reading_.problems.push_back("failure detail " + std::to_string(number) + " (" +
                                    read.result_type.substr(0, shown_bytes) + " on " +
                                    read.host.substr(0, shown_bytes) + ") has a count that " +
                                    std::string(bad_count) + "; the detail is left out");
      }
      return;
    }
    read.count = failed.value_or(0);
    report.details.push_back(std::move(read));
  }

  FailureDetail detail(Node node) {
    FailureDetail detail;
    detail.result_type = word(tree_.find(node, Key::result_type), Quirk::result_type, is_result_type)
                             .value_or(std::string(not_given));
    const std::string host = name(text(node, Key::receiving_mx_hostname));
    detail.host = host.empty() ? std::string(not_given) : host;
    detail.receiving_ip = address(node, Key::receiving_ip);
    detail.sending_ip = address(node, Key::sending_mta_ip);
    // Postfix sends the whole answer to EHLO.
    const std::string helo = text(node, Key::receiving_mx_helo);
    detail.helo = helo.substr(0, helo.find_first_of("\r\n"));
    detail.reason_code = first_of(node, Key::failure_reason_code, Key::failure_error_code);
    detail.additional_information = first_of(node, Key::additional_information, Key::additional_info_uri);
    return detail;
  }

  // A text; a number as it is written, and what an array has of both.
  std::string text(Node object, Key key) {
    const Node node = tree_.find(object, key);
    if (node == JsonTree::no_node || tree_.kind(node) == Kind::null) {
      return {};
    }
    if (tree_.kind(node) == Kind::string) {
      return std::string(tree_.text(node));
    }
    quirks_.add(Quirk::details);
    std::string joined(tree_.text(node));
    for (Node each = tree_.kind(node) == Kind::array ? tree_.first(node) : JsonTree::no_node;
         each != JsonTree::no_node; each = tree_.next(each)) {
      const std::string_view written = tree_.text(each);
      joined.append(joined.empty() || written.empty() ? "" : ", ").append(written);
    }
    return joined;
  }

  std::string first_of(Node object, Key key, Key other) {
    std::string value = text(object, key);
    return value.empty() ? text(object, other) : value;
  }

  std::string address(Node object, Key key) {
    std::string value(ascii::trim_blanks(text(object, key)));
    if (!value.empty() && !is_ip_address(value)) {
      quirks_.add(Quirk::ip);
    }
    return value;
  }

  enum class BadCount : std::uint8_t { missing, unusable };

  std::expected<std::uint64_t, BadCount> count(Node node, Quirk if_missing) {
    if (node == JsonTree::no_node || tree_.kind(node) == Kind::null) {
      quirks_.add(if_missing);
      return std::unexpected(BadCount::missing);
    }
    const std::string_view written = tree_.text(node);
    const auto value = tree_.kind(node) == Kind::number   ? parse_count(written)
                       : tree_.kind(node) == Kind::string ? parse_written_count(written)
                                                          : std::nullopt;
    if (!value) {
      return std::unexpected(BadCount::unusable);
    }
    if (!value->is_regular) {
      quirks_.add(Quirk::count);
    }
    return value->value;
  }

  // Of the summary: without it the policy has no counts to go by.
  std::optional<std::uint64_t> total(Key key) {
    const auto value = count(members_.of_summary(key), Quirk::summary);
    if (!value && value.error() == BadCount::unusable) {
      spoil("a count " + std::string(bad_count) + "; it is left out");
    }
    return value ? std::optional(*value) : std::nullopt;
  }

  const JsonTree& tree_;
  PolicyReading reading_;
  QuirkSet& quirks_ = reading_.quirks;
  PolicyMembers members_;
  bool is_spoiled_ = false;
  std::size_t bad_details_ = 0;
};

}  // namespace

PolicyReading read_policy(const JsonTree& tree, JsonTree::Node node) {
  return PolicyReader(tree, node).read();
}

}  // namespace mta_sts::tlsrpt
