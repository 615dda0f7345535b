#include "store/pages.hpp"

#include <algorithm>
#include <bit>
#include <compare>
#include <cstring>
#include <utility>
#include <vector>

namespace mta_sts::store {
namespace {

constexpr std::uint32_t lmdb_magic = 0xBEEFC0DE;
constexpr std::uint32_t lmdb_version = 1;
constexpr std::size_t page_bytes_least = 512;
constexpr std::size_t page_bytes_most = 65536;  // lower and upper have 16 bits

constexpr std::uint16_t branch_flag = 0x01;
constexpr std::uint16_t leaf_flag = 0x02;
constexpr std::uint16_t overflow_flag = 0x04;
constexpr std::uint16_t meta_flag = 0x08;
constexpr std::size_t cache_line_bytes = 64;
constexpr std::size_t fetched_levels = 2;  // from the leaves up; those above are few pages, and in a cache

constexpr std::uint16_t node_is_big = 1;   // F_BIGDATA: the value has pages of its own
constexpr std::uint16_t node_is_tree = 2;  // F_SUBDATA: the value is the root of a tree

/// The head of every page (MDB_page) as it lies in the file.
struct PageHead {
  std::size_t number = 0;
  std::uint16_t pad = 0;
  std::uint16_t flags = 0;
  std::uint16_t lower = 0;  // where the list of entries ends; with upper the count of overflow pages
  std::uint16_t upper = 0;
};
static_assert(sizeof(PageHead) == sizeof(std::size_t) + 8);

/// The head of every entry (MDB_node).
struct NodeHead {
  std::uint16_t low = 0;
  std::uint16_t high = 0;
  std::uint16_t flags = 0;
  std::uint16_t key_bytes = 0;
};

/// Eight bytes of a key as a number that sorts as they do.
std::uint64_t sorting_word(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

/// How a key of a page stands to the one that is looked for.
struct Order {
  std::strong_ordering order = std::strong_ordering::equal;
  std::size_t same = 0;  ///< bytes that both begin with, by whole words
};

/// Compares as memcmp() and then the lengths do, behind the first `from` bytes, which are equal where the
/// keys are sorted: eight bytes at a step, since a lookup compares some twenty keys that begin alike.
Order compare(std::string_view a, std::string_view b, std::size_t from) {
  constexpr std::size_t step = sizeof(std::uint64_t);
  const std::size_t common = std::min(a.size(), b.size());
  std::size_t at = from;
  for (; at + step <= common; at += step) {
    const std::uint64_t x = sorting_word(a.data() + at);
    const std::uint64_t y = sorting_word(b.data() + at);
    if (x != y) {
      return {x <=> y, at};
    }
  }
  const std::size_t same = at;
  for (; at < common; ++at) {
    if (a[at] != b[at]) {
      return {static_cast<unsigned char>(a[at]) <=> static_cast<unsigned char>(b[at]), same};
    }
  }
  return {a.size() <=> b.size(), same};
}

template <typename Fixed>
Fixed load(const char* bytes) {
  Fixed value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::unexpected<PageFault> fault(std::size_t page, const char* what) {
  return std::unexpected(PageFault{page, what});
}

bool is_page_size(std::size_t bytes) {
  return bytes >= page_bytes_least && bytes <= page_bytes_most && (bytes & (bytes - 1)) == 0;
}

std::expected<FileHead, HeadFault> read_head(std::string_view page) {
  if (page.size() < sizeof(PageHead) + sizeof(FileHead)) {
    return std::unexpected(HeadFault::too_short);
  }
  const auto head = load<FileHead>(page.data() + sizeof(PageHead));
  if ((load<PageHead>(page.data()).flags & meta_flag) == 0 || head.magic != lmdb_magic) {
    return std::unexpected(HeadFault::foreign);
  }
  if (head.version != lmdb_version) {
    return std::unexpected(HeadFault::other_version);
  }
  if (!is_page_size(head.page_bytes()) || head.last_page >= no_page / page_bytes_most ||
      head.last_page == 0) {
    return std::unexpected(HeadFault::damaged);
  }
  return head;
}

}  // namespace

std::expected<FileHead, HeadFault> read_heads(std::string_view begin) {
  const auto first = read_head(begin);
  if (!first) {
    return first;
  }
  if (begin.size() <= first->page_bytes()) {
    return std::unexpected(HeadFault::too_short);
  }
  const auto second = read_head(begin.substr(first->page_bytes()));
  if (!second) {
    return std::unexpected(second.error() == HeadFault::foreign ? HeadFault::damaged : second.error());
  }
  if (second->page_bytes() != first->page_bytes()) {
    return std::unexpected(HeadFault::damaged);
  }
  return first->transaction > second->transaction ? first : second;
}

std::optional<FileHead> read_head_of(std::string_view begin, std::size_t page_bytes,
                                     std::size_t transaction) {
  const std::size_t place = (transaction & 1) * page_bytes;
  const auto head = read_head(begin.substr(std::min(place, begin.size())));
  const bool is_it = head && head->page_bytes() == page_bytes && head->transaction == transaction;
  return is_it ? std::optional(*head) : std::nullopt;
}

std::expected<PageView, PageFault> Pages::page(std::size_t number) const {
  if (number >= count_) {
    return fault(number, "is beyond the last page");
  }
  const char* bytes = base_ + number * page_bytes_;
  const auto head = load<PageHead>(bytes);
  const unsigned kind = head.flags;  // no other flag is ever in the file, and LMDB obeys those it reads there
  if (head.number != number || (kind != branch_flag && kind != leaf_flag)) {
    return fault(number, "is no page of a tree");
  }
  if (head.lower < sizeof head || head.lower > page_bytes_ || (head.lower - sizeof head) % 2 != 0) {
    return fault(number, "has a list of entries that cannot be");
  }
  const std::size_t count = (head.lower - sizeof head) / 2;
  if (count == 0) {
    return fault(number, "is empty");
  }
  return PageView{.bytes = bytes, .number = number, .count = count, .is_leaf = kind == leaf_flag};
}

std::expected<PageNode, PageFault> Pages::node(const PageView& page, std::size_t index) const {
  const auto offset = load<std::uint16_t>(page.bytes + sizeof(PageHead) + index * 2);
  if (offset > page_bytes_ - sizeof(NodeHead)) {
    return fault(page.number, "has an entry outside of it");
  }
  const auto head = load<NodeHead>(page.bytes + offset);
  const std::size_t left = page_bytes_ - offset - sizeof head;
  if (head.key_bytes > left) {
    return fault(page.number, "has a key that ends outside of it");
  }
  const char* place = page.bytes + offset + sizeof head;
  PageNode node;
  node.key = {place, head.key_bytes};
  place += head.key_bytes;
  const std::size_t size = head.low | static_cast<std::size_t>(head.high) << 16U;
  if (!page.is_leaf) {
    node.child = size;
    if constexpr (sizeof(std::size_t) > 4) {
      node.child |= static_cast<std::size_t>(head.flags) << 32U;
    }
    return node;
  }
  if ((head.flags & node_is_big) != 0) {
    if (left - head.key_bytes < sizeof(std::size_t)) {
      return fault(page.number, "has a value that ends outside of it");
    }
    return overflowing(page, node, place, size);
  }
  if (size > left - head.key_bytes) {
    return fault(page.number, "has a value that ends outside of it");
  }
  node.value = {place, size};
  return node;
}

std::expected<PageNode, PageFault> Pages::overflowing(const PageView& page, PageNode node, const char* place,
                                                      std::size_t bytes) const {
  node.overflow = load<std::size_t>(place);
  if (node.overflow >= count_) {
    return fault(page.number, "has a value beyond the last page");
  }
  const char* first = base_ + node.overflow * page_bytes_;
  const auto head = load<PageHead>(first);
  if (head.number != node.overflow || head.flags != overflow_flag) {
    return fault(node.overflow, "is not the page of a value");
  }
  node.overflow_count = head.lower | static_cast<std::size_t>(head.upper) << 16U;
  if (node.overflow_count == 0 || node.overflow_count > count_ - node.overflow ||
      bytes > node.overflow_count * page_bytes_ - sizeof head) {
    return fault(node.overflow, "has a value that does not fit its pages");
  }
  node.value = {first + sizeof head, bytes};
  return node;
}

std::expected<void, PageFault> Pages::check_whole(const PageView& page, TreeKind kind) const {
  const auto head = load<PageHead>(page.bytes);
  if (head.upper < head.lower || head.upper > page_bytes_) {
    return fault(page.number, "has a list of entries that cannot be");
  }
  std::vector<std::pair<std::size_t, std::size_t>> places;  // where each begins and ends
  places.reserve(page.count);
  for (std::size_t index = 0; index < page.count; ++index) {
    const auto found = node(page, index);
    if (!found) {
      return std::unexpected(found.error());
    }
    const auto begin = load<std::uint16_t>(page.bytes + sizeof(PageHead) + index * 2);
    std::size_t bytes = sizeof(NodeHead) + found->key.size();
    if (page.is_leaf) {
      const unsigned flags = load<NodeHead>(page.bytes + begin).flags;
      if (kind == TreeKind::names ? flags != node_is_tree : (flags & ~unsigned{node_is_big}) != 0) {
        return fault(page.number, "has an entry of another kind than its tree has");
      }
      bytes += found->overflow != 0 ? sizeof(std::size_t) : found->value.size();
    }
    places.emplace_back(begin, begin + bytes + bytes % 2);
  }
  std::ranges::sort(places);
  std::size_t end = head.upper;
  for (const auto& [begin, behind] : places) {
    if (begin != end) {
      return fault(page.number, "has entries that overlap, or a gap between them");
    }
    end = behind;
  }
  return end == page_bytes_ ? std::expected<void, PageFault>()
                            : fault(page.number, "has entries that overlap, or a gap between them");
}

// Asks for all of a page before it is read, so that its lines come at once and not as the search needs them.
void Pages::fetch(std::size_t number) const {
  const char* const bytes = base_ + number * page_bytes_;
  for (std::size_t at = 0; at < page_bytes_; at += cache_line_bytes) {
    __builtin_prefetch(bytes + at);
  }
}

// The key of an entry, checked to lie within the page.
std::expected<std::string_view, PageFault> Pages::key(const PageView& page, std::size_t index) const {
  const auto offset = load<std::uint16_t>(page.bytes + sizeof(PageHead) + index * 2);
  if (offset > page_bytes_ - sizeof(NodeHead)) {
    return fault(page.number, "has an entry outside of it");
  }
  const auto head = load<NodeHead>(page.bytes + offset);
  if (head.key_bytes > page_bytes_ - offset - sizeof head) {
    return fault(page.number, "has a key that ends outside of it");
  }
  return std::string_view(page.bytes + offset + sizeof head, head.key_bytes);
}

// Of a leaf page the first whose key is not before `key`, of a branch page the last whose key is not after
// it: the first key of a branch page counts as empty.
std::expected<std::size_t, PageFault> Pages::search(const PageView& page, std::string_view key) const {
  std::size_t low = page.is_leaf ? 0 : 1;
  std::size_t high = page.count;
  std::size_t same_as_low = 0;  // a key between two begins with what both have in common with `key`
  std::size_t same_as_high = 0;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const auto found = this->key(page, middle);
    if (!found) {
      return std::unexpected(found.error());
    }
    const Order to_key = compare(*found, key, std::min(same_as_low, same_as_high));
    if (to_key.order < 0 || (to_key.order == 0 && !page.is_leaf)) {
      low = middle + 1;
      same_as_low = to_key.same;
    } else {
      high = middle;
      same_as_high = to_key.same;
    }
  }
  return page.is_leaf ? low : low - 1;
}

Pages::Found Pages::find(const TreeRoot& tree, std::string_view key) const {
  std::size_t number = tree.root;
  if (number == no_page) {
    return std::nullopt;
  }
  for (std::size_t depth = 0; depth < tree_depth_limit; ++depth) {
    const auto here = page(number);
    if (!here) {
      return std::unexpected(here.error());
    }
    const auto index = search(*here, key);
    if (!index) {
      return std::unexpected(index.error());
    }
    if (here->is_leaf && *index == here->count) {
      return std::nullopt;
    }
    const auto found = node(*here, *index);
    if (!found) {
      return std::unexpected(found.error());
    }
    if (here->is_leaf) {
      return found->key == key ? std::optional(found->value) : std::nullopt;
    }
    number = found->child;
    if (depth + fetched_levels >= tree.depth - std::size_t{1} && number < count_) {
      fetch(number);
    }
  }
  return fault(number, "is deeper than a tree may be");
}

std::expected<std::optional<TreeRoot>, PageFault> Pages::find_tree(const FileHead& head,
                                                                   std::string_view name) const {
  const auto found = find(head.trees[1], name);
  if (!found) {
    return std::unexpected(found.error());
  }
  if (!*found) {
    return std::nullopt;
  }
  PageNode node;
  node.value = **found;
  const auto tree = tree_of(node);
  if (!tree) {
    return fault(head.trees[1].root, "has a name that leads to no tree");
  }
  return tree;
}

std::optional<TreeRoot> tree_of(const PageNode& node) {
  if (node.value.size() != sizeof(TreeRoot)) {
    return std::nullopt;
  }
  return load<TreeRoot>(node.value.data());
}

}  // namespace mta_sts::store
