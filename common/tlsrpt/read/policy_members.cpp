#include "tlsrpt/read/policy_members.hpp"

#include <optional>
#include <string_view>

namespace mta_sts::tlsrpt {

using Kind = JsonTree::Kind;

PolicyMembers::PolicyMembers(const JsonTree& tree, Node element, QuirkSet& quirks)
    : tree_(tree), quirks_(quirks), element_(element), policy_(object(tree.find(element, Key::policy))) {
  Node summary = tree.find(element, Key::summary);
  if (is_nothing(summary)) {
    summary = tree.find(policy_, Key::summary);
    if (!is_nothing(summary)) {
      quirks_.add(Quirk::flat);
    }
  }
  summary_ = object(summary);
}

bool PolicyMembers::is_nothing(Node node) const {
  return node == JsonTree::no_node || tree_.kind(node) == Kind::null;
}

// An object, or the one object of an array.
PolicyMembers::Node PolicyMembers::object(Node node) {
  if (is_nothing(node) || tree_.kind(node) == Kind::object) {
    return is_nothing(node) ? JsonTree::no_node : node;
  }
  const Node only = tree_.first(node);
  if (only == JsonTree::no_node || tree_.next(only) != JsonTree::no_node ||
      tree_.kind(only) != Kind::object) {
    return JsonTree::no_node;
  }
  quirks_.add(Quirk::flat);
  return only;
}

PolicyMembers::Node PolicyMembers::find(Key key, Node home, Node second, Node third) {
  const Node at_home = tree_.find(home, key);
  if (!is_nothing(at_home)) {
    return at_home;
  }
  for (const Node other : {second, third}) {
    if (const Node found = tree_.find(other, key); !is_nothing(found)) {
      quirks_.add(Quirk::flat);
      return found;
    }
  }
  return at_home;
}

bool PolicyMembers::totals_differ() const {
  for (const Key key : {Key::total_successful_session_count, Key::total_failure_session_count}) {
    std::optional<std::string_view> first;
    for (const Node object : {summary_, element_, policy_}) {
      const Node found = tree_.find(object, key);
      if (is_nothing(found)) {
        continue;
      }
      if (first && *first != tree_.text(found)) {
        return true;
      }
      first = tree_.text(found);
    }
  }
  return false;
}

// Not deeper than json_depth_limit.
std::size_t PolicyMembers::count_totals(Node node) const {
  const Key key = tree_.key(node);
  const bool is_total = key == Key::total_successful_session_count ||
                        key == Key::total_failure_session_count || key == Key::other_session_count;
  std::size_t count = is_total && tree_.kind(node) != Kind::null ? 1 : 0;
  for (Node below = tree_.first(node); below != JsonTree::no_node; below = tree_.next(below)) {
    count += count_totals(below);
  }
  return count;
}

}  // namespace mta_sts::tlsrpt
