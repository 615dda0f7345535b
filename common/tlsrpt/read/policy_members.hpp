#pragma once

#include "tlsrpt/model/words.hpp"
#include "tlsrpt/read/json_tree.hpp"

namespace mta_sts::tlsrpt {

/// Finds the members of one element of `policies`, wherever a sender has put them: each is looked for in the
/// object where RFC 8460 section 4.4 has it (`policy`, `summary`, or the element itself), then in the others.
/// A missing one, null, and an array of one object are taken for what they stand for. Adds the quirk flat for
/// whatever was not in its place.
class PolicyMembers {
 public:
  using Node = JsonTree::Node;

  PolicyMembers(const JsonTree& tree, Node element, QuirkSet& quirks);

  /// Gives a member that belongs into `policy`, `summary`, or the element itself; no_node, or null, where no
  /// object has it.
  [[nodiscard]] Node of_policy(Key key) { return find(key, policy_, element_, summary_); }
  [[nodiscard]] Node of_summary(Key key) { return find(key, summary_, element_, policy_); }
  [[nodiscard]] Node of_element(Key key) { return find(key, element_, policy_, summary_); }

  /// Tells whether a total stands in two of the objects, and differs.
  [[nodiscard]] bool totals_differ() const;

  /// Counts the values of total-successful- and total-failure-session-count, and of keys that end as they do
  /// and are none of RFC 8460's, anywhere below the element.
  [[nodiscard]] std::size_t count_totals() const { return count_totals(element_); }

 private:
  [[nodiscard]] Node object(Node node);
  [[nodiscard]] Node find(Key key, Node home, Node second, Node third);
  [[nodiscard]] std::size_t count_totals(Node node) const;
  [[nodiscard]] bool is_nothing(Node node) const;

  const JsonTree& tree_;
  QuirkSet& quirks_;
  Node element_;
  Node policy_;
  Node summary_;
};

}  // namespace mta_sts::tlsrpt
