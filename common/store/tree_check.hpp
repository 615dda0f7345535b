#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "store/pages.hpp"
#include "store/walk.hpp"

namespace mta_sts::store {

/// Checks trees of one file page by page: a page belongs to one tree alone or is free, its entries fill it
/// without gaps, keys ascend, all leaves are equally deep, and the counts are those of the root. Goes on
/// behind a fault as far as pages hold.
class TreeCheck {
 public:
  using Tell = std::function<void(const PageFault&)>;

  TreeCheck(const Pages& pages, Tell tell)
      : pages_(pages), tell_(std::move(tell)), is_taken_(pages.count()) {}

  /// Visits what can be read of a tree; the visit's answer does not count.
  void check(const TreeRoot& tree, TreeKind kind, const VisitEntry& visit);

  /// Checks the list of free pages, once every tree was checked: the next change writes over them.
  void check_free(const TreeRoot& tree);

  /// Whether a tree that was checked has the page, or it is noted as free.
  [[nodiscard]] bool is_taken(std::size_t page) const { return is_taken_[page]; }

 private:
  struct Run;

  void below(Run& run, std::size_t number, std::size_t depth);
  bool take(std::size_t first, std::size_t count);

  const Pages& pages_;
  Tell tell_;
  std::vector<bool> is_taken_;
};

/// What is wrong with the root of a tree as the names of a file give it; nothing where it holds. LMDB obeys
/// the flags that it reads there.
[[nodiscard]] const char* fault_of_root(const TreeRoot& tree, TreeKind kind);

/// Takes the pages that an entry of the list of free pages names apart: LMDB notes a count and their numbers,
/// which descend. False where it cannot be one.
[[nodiscard]] bool read_free_pages(std::string_view key, std::string_view value,
                                   std::vector<std::size_t>& pages);

}  // namespace mta_sts::store
