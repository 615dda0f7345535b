#include "store/write_check.hpp"

#include <optional>
#include <utility>

#include "store/contents.hpp"
#include "store/tree_check.hpp"

namespace mta_sts::store {
namespace {

constexpr std::size_t few_pages = 1024;    // read within a millisecond
constexpr std::size_t pages_per_path = 8;  // about what one path costs

bool pass_over(std::string_view, std::string_view) {
  return true;
}

}  // namespace

WriteCheck::WriteCheck(std::shared_ptr<const Mapping> mapping, const FileHead& head)
    : mapping_(std::move(mapping)),
      head_(head),
      pages_(mapping_->base(), head.page_bytes(), head.last_page + 1),
      held_(pages_.count()),
      taken_(pages_.count()) {}

WriteCheck::Result WriteCheck::begin() {
  if (pages_.count() <= few_pages) {
    return all();
  }
  std::optional<PageFault> found;
  TreeCheck check(pages_, [&](const PageFault& fault) { found = found.value_or(fault); });
  check.check(head_.trees[1], TreeKind::names, pass_over);
  check.check_free(head_.trees[0]);
  for (std::size_t page = 0; page < pages_.count(); ++page) {
    taken_[page] = check.is_taken(page);
  }
  return found ? Result(std::unexpected(*found)) : Result();
}

std::expected<TreeRoot, PageFault> WriteCheck::tree(std::string_view name) const {
  constexpr TreeRoot none{.root = no_page};
  const auto found = pages_.find_tree(head_, name);
  if (!found) {
    return std::unexpected(found.error());
  }
  const TreeRoot tree = found->value_or(none);
  if (const char* what = fault_of_root(tree, TreeKind::records); what != nullptr) {
    return std::unexpected(PageFault{head_.trees[1].root, what});
  }
  return tree;
}

WriteCheck::Result WriteCheck::all() {
  if (is_all_checked_) {
    return {};
  }
  std::optional<PageFault> found;
  TreeCheck check(pages_, [&](const PageFault& fault) { found = found.value_or(fault); });
  check.check(head_.trees[1], TreeKind::names, [&](std::string_view, std::string_view value) {
    PageNode node;
    node.value = value;
    if (const auto tree = tree_of(node)) {
      check.check(*tree, TreeKind::records, pass_over);
    }
    return true;
  });
  check.check_free(head_.trees[0]);
  is_all_checked_ = !found;
  return found ? Result(std::unexpected(*found)) : Result();
}

bool WriteCheck::is_all_due() {
  return is_all_checked_ || ++asked_ * pages_per_path > pages_.count();
}

std::expected<PageView, PageFault> WriteCheck::hold(const TreeRoot& tree, std::size_t number,
                                                    std::size_t depth) {
  const auto page = pages_.page(number);
  if (!page) {
    return page;
  }
  if (taken_[number]) {
    return std::unexpected(PageFault{number, "is used twice, or noted as free and in use"});
  }
  if (page->is_leaf != (depth == tree.depth)) {
    return std::unexpected(PageFault{number, "is at another depth than its tree has"});
  }
  if (held_[number]) {
    return page;
  }
  if (auto whole = pages_.check_whole(*page, TreeKind::records); !whole) {
    return std::unexpected(whole.error());
  }
  held_[number] = true;
  return page;
}

// The first or the last pages from one down.
WriteCheck::Result WriteCheck::edge(const TreeRoot& tree, std::size_t number, std::size_t depth, Side side) {
  for (; depth <= tree_depth_limit; ++depth) {
    const auto page = hold(tree, number, depth);
    if (!page || page->is_leaf) {
      return page ? Result() : std::unexpected(page.error());
    }
    const auto node = pages_.node(*page, side == Side::first ? 0 : page->count - 1);
    if (!node) {
      return std::unexpected(node.error());
    }
    number = node->child;
  }
  return std::unexpected(PageFault{number, "is deeper than a tree may be"});
}

WriteCheck::Result WriteCheck::edges(const TreeRoot& tree, const PageView& page, std::size_t index,
                                     std::size_t depth) {
  const auto node = pages_.node(page, index);
  if (!node) {
    return std::unexpected(node.error());
  }
  auto held = edge(tree, node->child, depth, Side::first);
  return held ? edge(tree, node->child, depth, Side::last) : held;
}

WriteCheck::Result WriteCheck::at_end(const TreeRoot& tree) {
  return tree.root == no_page || is_all_checked_ ? Result() : edge(tree, tree.root, 1, Side::last);
}

WriteCheck::Result WriteCheck::around(const TreeRoot& tree, std::string_view key) {
  if (is_all_due()) {
    return all();
  }
  std::size_t number = tree.root;
  for (std::size_t depth = 1; number != no_page && depth <= tree_depth_limit; ++depth) {
    const auto page = hold(tree, number, depth);
    if (!page || page->is_leaf) {
      return page ? Result() : std::unexpected(page.error());
    }
    const auto index = pages_.search(*page, key);
    if (!index) {
      return std::unexpected(index.error());
    }
    for (std::size_t near = *index == 0 ? 0 : *index - 1; near <= *index + 1 && near < page->count; ++near) {
      if (auto held = edges(tree, *page, near, depth + 1); !held) {
        return held;
      }
    }
    const auto node = pages_.node(*page, *index);
    if (!node) {
      return std::unexpected(node.error());
    }
    number = node->child;
  }
  return {};
}

}  // namespace mta_sts::store
