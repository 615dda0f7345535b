#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "store/pages.hpp"
#include "store/walk.hpp"

namespace mta_sts::store {

/// Checks trees of one file page by page: a page belongs to one tree alone, keys ascend, all leaves are
/// equally deep, and the counts are those of the root. Goes on behind a fault as far as pages hold.
class TreeCheck {
 public:
  using Tell = std::function<void(const PageFault&)>;

  TreeCheck(const Pages& pages, Tell tell)
      : pages_(pages), tell_(std::move(tell)), is_taken_(pages.count()) {}

  /// Visits what can be read of a tree; the visit's answer does not count. The keys of LMDB's list of free
  /// pages are numbers, in an order of their own: `sorted` is false for it.
  void check(const TreeRoot& tree, bool sorted, const VisitEntry& visit);

  /// Whether a tree that was checked has the page, or the file has no such page.
  [[nodiscard]] bool is_taken(std::size_t page) const { return page >= is_taken_.size() || is_taken_[page]; }

 private:
  struct Run;

  void below(Run& run, std::size_t number, std::size_t depth);
  bool take(std::size_t first, std::size_t count);

  const Pages& pages_;
  Tell tell_;
  std::vector<bool> is_taken_;
};

}  // namespace mta_sts::store
