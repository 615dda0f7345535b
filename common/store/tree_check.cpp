#include "store/tree_check.hpp"

#include <cstring>
#include <string>

namespace mta_sts::store {
namespace {

constexpr std::size_t heads_count = 2;  // the pages before those of trees

// Of MDB_db: how keys and values are ordered. The list of free pages has numbers, and flags of no other
// order.
constexpr unsigned flags_of_order = 0x7E;
constexpr unsigned flag_of_number_keys = 0x08;

}  // namespace

struct TreeCheck::Run {
  const TreeRoot& tree;
  TreeKind kind;
  const VisitEntry& visit;
  std::size_t entries = 0;
  bool has_first = false;
  std::string last_key{};
};

void TreeCheck::check(const TreeRoot& tree, TreeKind kind, const VisitEntry& visit) {
  Run run{.tree = tree, .kind = kind, .visit = visit};
  if (const char* what = fault_of_root(tree, kind); what != nullptr) {
    tell_({tree.root == no_page ? 0 : tree.root, what});
  }
  if (tree.root != no_page) {
    below(run, tree.root, 1);
  }
  if (run.entries != tree.entries) {
    tell_({tree.root == no_page ? 0 : tree.root, "is the root of a tree that has another number of entries"});
  }
}

void TreeCheck::check_free(const TreeRoot& tree) {
  std::vector<std::size_t> free;
  check(tree, TreeKind::free_pages, [&](std::string_view key, std::string_view value) {
    if (!read_free_pages(key, value, free)) {
      tell_({tree.root, "begins the list of free pages, which has an entry that cannot be"});
    }
    return true;
  });
  for (const std::size_t page : free) {
    if (page < heads_count || !take(page, 1)) {
      tell_({page, "is noted as free, and is in use or beyond the last page"});
    }
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
  if (auto whole = pages_.check_whole(*page, run.kind); !whole) {
    tell_(whole.error());
  }
  if (page->is_leaf != (depth == run.tree.depth)) {
    tell_({number, "is at another depth than its tree has"});
  }
  for (std::size_t index = 0; index < page->count; ++index) {
    const auto node = pages_.node(*page, index);
    if (!node) {  // which was told with the page
      continue;
    }
    if (!page->is_leaf) {
      below(run, node->child, depth + 1);
      continue;
    }
    if (node->overflow != 0 && !take(node->overflow, node->overflow_count)) {
      tell_({node->overflow, "is used twice"});
    }
    if (run.kind != TreeKind::free_pages && run.has_first && node->key <= run.last_key) {
      tell_({number, "has a key out of order"});
    }
    run.has_first = true;
    run.last_key = node->key;
    ++run.entries;
    static_cast<void>(run.visit(node->key, node->value));
  }
}

const char* fault_of_root(const TreeRoot& tree, TreeKind kind) {
  const bool is_right =
      kind == TreeKind::free_pages ? (tree.flags & flags_of_order) == flag_of_number_keys : tree.flags == 0;
  return is_right ? nullptr : "is the root of a tree of another kind";
}

bool read_free_pages(std::string_view key, std::string_view value, std::vector<std::size_t>& pages) {
  const std::size_t most = value.size() / sizeof(std::size_t);
  const auto number = [&](std::size_t index) {
    std::size_t at = 0;
    std::memcpy(&at, value.data() + index * sizeof at, sizeof at);
    return at;
  };
  if (key.size() != sizeof(std::size_t) || most == 0 || number(0) > most - 1) {
    return false;
  }
  for (std::size_t index = 1; index <= number(0); ++index) {
    if (index > 1 && number(index) >= number(index - 1)) {
      return false;
    }
    pages.push_back(number(index));
  }
  return true;
}

}  // namespace mta_sts::store
