#include "store/tree_check.hpp"

#include <string>

namespace mta_sts::store {

struct TreeCheck::Run {
  const TreeRoot& tree;
  bool sorted;
  const VisitEntry& visit;
  std::size_t entries = 0;
  bool has_first = false;
  std::string last_key{};
};

void TreeCheck::check(const TreeRoot& tree, bool sorted, const VisitEntry& visit) {
  Run run{.tree = tree, .sorted = sorted, .visit = visit};
  if (tree.root != no_page) {
    below(run, tree.root, 1);
  }
  if (run.entries != tree.entries) {
    tell_({tree.root == no_page ? 0 : tree.root, "is the root of a tree that has another number of entries"});
  }
}

// False where a page is taken already.
bool TreeCheck::take(std::size_t first, std::size_t count) {
  for (std::size_t page = first; page < first + count; ++page) {
    if (page >= is_taken_.size() || is_taken_[page]) {
      return false;
    }
    is_taken_[page] = true;
  }
  return true;
}

void TreeCheck::below(Run& run, std::size_t number, std::size_t depth) {
  const auto page = pages_.page(number);
  if (!page) {
    tell_(page.error());
    return;
  }
  if (depth > tree_depth_limit || !take(number, 1)) {
    tell_({number, "is used twice"});
    return;
  }
  if (page->is_leaf != (depth == run.tree.depth)) {
    tell_({number, "is at another depth than its tree has"});
  }
  for (std::size_t index = 0; index < page->count; ++index) {
    const auto node = pages_.node(*page, index);
    if (!node) {
      tell_(node.error());
      continue;
    }
    if (!page->is_leaf) {
      below(run, node->child, depth + 1);
      continue;
    }
    if (node->overflow != 0 && !take(node->overflow, node->overflow_count)) {
      tell_({node->overflow, "is used twice"});
    }
    if (run.sorted && run.has_first && node->key <= run.last_key) {
      tell_({number, "has a key out of order"});
    }
    run.has_first = true;
    run.last_key = node->key;
    ++run.entries;
    static_cast<void>(run.visit(node->key, node->value));
  }
}

}  // namespace mta_sts::store
