#include "tlsrpt/read/policy_reader.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "policy/mx_match.hpp"
#include "tlsrpt/model/failure_types.hpp"
#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/read/policy_members.hpp"
#include "tlsrpt/read/report_names.hpp"

namespace mta_sts::tlsrpt {
namespace {

using Node = JsonTree::Node;
using Kind = JsonTree::Kind;

constexpr std::array<std::string_view, 3> policy_types = {"sts", "tlsa", "no-policy-found"};

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
    std::uint64_t in_details = 0;
    for (FailureDetail& detail : report.details) {
      detail.is_outside_policy = report.type == "sts" && !report.mx_hosts.empty() &&
                                 detail.host != not_given && !matches_mx(report.mx_hosts, detail.host);
      in_details = saturating_add(in_details, detail.count);
    }
    const auto success = count(members_.of_summary(Key::total_successful_session_count), Quirk::summary);
    const auto failure = count(members_.of_summary(Key::total_failure_session_count), Quirk::summary);
    report.success = success.value_or(0);
    report.failure = failure.value_or(in_details);
    if (failure && *failure != in_details) {
      quirks_.add(Quirk::sum);
    }
    look_for_counts((success ? 1U : 0U) + (failure ? 1U : 0U), in_details);
    if (reading_.problems.empty()) {
      reading_.policy = std::move(report);
    } else {
      reading_.quirks = {};  // a policy that is left out warns of nothing: E_COUNT stands alone
    }
    return std::move(reading_);
  }

 private:
  // A policy whose counts are somewhere else, or nowhere, is not one of no sessions.
  void look_for_counts(std::size_t totals, std::uint64_t in_details) {
    constexpr std::size_t all = 2;
    if (totals == all || !reading_.problems.empty()) {
      return;
    }
    if (members_.count_totals() > totals) {
      reading_.problems.emplace_back("a count of sessions is where none belongs; it is left out");
    } else if (totals == 0 && in_details == 0) {
      reading_.problems.emplace_back("no count of sessions is in it; it is left out");
    }
  }

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
    report.mx_hosts = lines(mx_host, Quirk::mxhost);
    for (std::string& pattern : report.mx_hosts) {
      if (ascii::starts_with_ignoring_case(pattern, "mx:")) {
        quirks_.add(Quirk::mxhost);
        pattern = ascii::trim_blanks(std::string_view(pattern).substr(3));
      }
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
    for (Node line = tree_.first(node); line != JsonTree::no_node; line = tree_.next(line)) {
      if (tree_.kind(line) == Kind::string) {
        add_lines(tree_.text(line), all, quirk);
      } else {
        quirks_.add(quirk);
      }
    }
    return all;
  }

  // A whole policy in one string has its line breaks.
  void add_lines(std::string_view text, std::vector<std::string>& all, Quirk quirk) {
    if (text.find_first_of("\r\n") == std::string_view::npos) {
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
      report.details.push_back(detail(details));
      return;
    }
    if (tree_.kind(details) != Kind::array) {
      quirks_.add(Quirk::details);
    }
    for (Node node = tree_.first(details); node != JsonTree::no_node; node = tree_.next(node)) {
      if (tree_.kind(node) == Kind::object) {
        report.details.push_back(detail(node));
      } else {
        quirks_.add(Quirk::details);
      }
    }
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
    const std::string_view helo = text(node, Key::receiving_mx_helo);
    detail.helo = helo.substr(0, helo.find_first_of("\r\n"));
    detail.reason_code = first_of(node, Key::failure_reason_code, Key::failure_error_code);
    detail.additional_information = first_of(node, Key::additional_information, Key::additional_info_uri);
    detail.count = count(tree_.find(node, Key::failed_session_count), Quirk::details).value_or(0);
    return detail;
  }

  std::string_view text(Node object, Key key) {
    const Node node = tree_.find(object, key);
    if (node == JsonTree::no_node || tree_.kind(node) == Kind::null) {
      return {};
    }
    if (tree_.kind(node) != Kind::string) {
      quirks_.add(Quirk::details);
      return {};
    }
    return tree_.text(node);
  }

  std::string_view first_of(Node object, Key key, Key other) {
    const std::string_view value = text(object, key);
    return value.empty() ? text(object, other) : value;
  }

  std::string_view address(Node object, Key key) {
    const std::string_view value = text(object, key);
    if (!value.empty() && !is_ip_address(value)) {
      quirks_.add(Quirk::ip);
    }
    return value;
  }

  // A count; nothing where it is missing (`if_missing`) or unusable, which spoils the policy.
  std::optional<std::uint64_t> count(Node node, Quirk if_missing) {
    if (node == JsonTree::no_node || tree_.kind(node) == Kind::null) {
      quirks_.add(if_missing);
      return std::nullopt;
    }
    const std::string_view written = tree_.text(node);
    const auto value = tree_.kind(node) == Kind::number   ? parse_count(written)
                       : tree_.kind(node) == Kind::string ? parse_written_count(written)
                                                          : std::nullopt;
    if (!value) {
      reading_.problems.emplace_back("a count is negative, a fraction or too great; it is left out");
      return std::nullopt;
    }
    if (!value->is_regular) {
      quirks_.add(Quirk::count);
    }
    return value->value;
  }

  const JsonTree& tree_;
  PolicyReading reading_;
  QuirkSet& quirks_ = reading_.quirks;
  PolicyMembers members_;
};

}  // namespace

PolicyReading read_policy(const JsonTree& tree, JsonTree::Node node) {
  return PolicyReader(tree, node).read();
}

}  // namespace mta_sts::tlsrpt
