#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string_view>
#include <vector>

#include "store/pages.hpp"
#include "store/store_file.hpp"

namespace mta_sts::store {

/// Checks the pages that LMDB will read, before it does: it trusts them, and a change made with a damaged one
/// ends the process or writes over what others have. The state that is checked is the one before the change.
class WriteCheck {
 public:
  using Result = std::expected<void, PageFault>;

  WriteCheck(std::shared_ptr<const Mapping> mapping, const FileHead& head);

  /// Checks the names of the trees and the list of free pages; all pages of a file that has few.
  [[nodiscard]] Result begin();

  /// Finds a tree as it was before the change; an empty one where it was not there.
  [[nodiscard]] std::expected<TreeRoot, PageFault> tree(std::string_view name) const;

  /// Checks the pages that lead to a key, and those beside them, which a change or a cursor may go to. Where
  /// that was asked so often that all pages cost no more, all are checked.
  [[nodiscard]] Result around(const TreeRoot& tree, std::string_view key);

  /// The same for the last key of a tree.
  [[nodiscard]] Result at_end(const TreeRoot& tree);

  /// Checks all pages, once.
  [[nodiscard]] Result all();

 private:
  enum class Side : bool { first, last };

  [[nodiscard]] bool is_all_due();
  [[nodiscard]] std::expected<PageView, PageFault> hold(const TreeRoot& tree, std::size_t number,
                                                        std::size_t depth);
  [[nodiscard]] Result edge(const TreeRoot& tree, std::size_t number, std::size_t depth, Side side);
  [[nodiscard]] Result edges(const TreeRoot& tree, const PageView& page, std::size_t index,
                             std::size_t depth);

  std::shared_ptr<const Mapping> mapping_;
  FileHead head_;
  Pages pages_;
  std::vector<bool> held_;   ///< pages that were checked
  std::vector<bool> taken_;  ///< by the names of trees and the list of free pages, or free
  std::size_t asked_ = 0;
  bool is_all_checked_ = false;
};

}  // namespace mta_sts::store
