#include "store/walk.hpp"

namespace mta_sts::store {
namespace {

class Walk {
 public:
  Walk(const Pages& pages, std::string_view from, const VisitEntry& visit)
      : pages_(pages), from_(from), visit_(visit) {}

  // False where the visit ended the walk.
  std::expected<bool, PageFault> below(std::size_t number, std::size_t depth) {
    if (depth >= tree_depth_limit || ++walked_ > pages_.count()) {
      return std::unexpected(PageFault{number, "is reached in a circle"});
    }
    const auto page = pages_.page(number);
    if (!page) {
      return std::unexpected(page.error());
    }
    for (std::size_t index = 0; index < page->count; ++index) {
      const auto goes_on = entry(*page, index, depth);
      if (!goes_on || !*goes_on) {
        return goes_on;
      }
    }
    return true;
  }

 private:
  std::expected<bool, PageFault> entry(const PageView& page, std::size_t index, std::size_t depth) {
    const auto node = pages_.node(page, index);
    if (!node) {
      return std::unexpected(node.error());
    }
    if (page.is_leaf) {
      return node->key < from_ || visit_(node->key, node->value);
    }
    if (!from_.empty() && index + 1 < page.count) {  // all keys below are before the next entry's
      const auto next = pages_.node(page, index + 1);
      if (!next) {
        return std::unexpected(next.error());
      }
      if (next->key <= from_) {
        return true;
      }
    }
    return below(node->child, depth + 1);
  }

  const Pages& pages_;
  std::string_view from_;
  const VisitEntry& visit_;
  std::size_t walked_ = 0;
};

}  // namespace

std::expected<void, PageFault> for_each(const Pages& pages, const TreeRoot& tree, std::string_view from,
                                        const VisitEntry& visit) {
  if (tree.root == no_page) {
    return {};
  }
  const auto walked = Walk(pages, from, visit).below(tree.root, 0);
  return walked ? std::expected<void, PageFault>() : std::unexpected(walked.error());
}

}  // namespace mta_sts::store
