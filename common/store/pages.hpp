#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace mta_sts::store {

/// One tree of an LMDB file, as its pages record it (MDB_db).
struct TreeRoot {
  std::uint32_t pad = 0;  ///< of the first tree of a head: the size of a page
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::size_t branch_pages = 0;
  std::size_t leaf_pages = 0;
  std::size_t overflow_pages = 0;
  std::size_t entries = 0;
  std::size_t root = 0;  ///< no_page where it is empty
};

inline constexpr std::size_t no_page = static_cast<std::size_t>(-1);

/// One of the two heads of an LMDB file (MDB_meta), of which the one with the greater transaction counts.
struct FileHead {
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  std::size_t address = 0;
  std::size_t map_bytes = 0;
  std::array<TreeRoot, 2> trees{};  ///< the free pages, and the names of the other trees
  std::size_t last_page = 0;
  std::size_t transaction = 0;

  [[nodiscard]] std::size_t page_bytes() const { return trees[0].pad; }
  /// Gives what the file must have at least: every page up to the last.
  [[nodiscard]] std::size_t needed_bytes() const { return (last_page + 1) * page_bytes(); }
};

enum class HeadFault : std::uint8_t {
  too_short,      ///< the file ends within the heads
  foreign,        ///< no file of LMDB
  other_version,  ///< of another format of LMDB
  damaged,        ///< a head whose numbers cannot be
};

/// Reads the heads out of the first bytes of a file and gives the later one; any bytes may be there.
/// `file_bytes` is the size of the whole file; two pages of the largest size are enough of `begin`.
[[nodiscard]] std::expected<FileHead, HeadFault> read_heads(std::string_view begin);

/// Reads the head that a transaction left, or was made from: LMDB writes the two in turn. It need not be the
/// later one: a writer that was killed may have left the head of a transaction that no reader was told of.
/// Nothing where that head has been written again since. `page_bytes` is that of the file.
[[nodiscard]] std::optional<FileHead> read_head_of(std::string_view begin, std::size_t page_bytes,
                                                   std::size_t transaction);

/// What the entries of a tree are.
enum class TreeKind : std::uint8_t {
  records,     ///< whatever a program stores
  names,       ///< names of other trees, each with its root
  free_pages,  ///< pages that transactions left behind, by the number of each
};

/// What is wrong with a page, in words that follow "page N".
struct PageFault {
  std::size_t page = 0;
  const char* what = "";
};

/// One entry of a page.
struct PageNode {
  std::string_view key;
  std::size_t child = 0;     ///< on a branch page: the page below
  std::string_view value;    ///< on a leaf page, wherever it lies
  std::size_t overflow = 0;  ///< the first page of a value that has pages of its own, else 0
  std::size_t overflow_count = 0;
};

/// A page of a tree, checked as far as its head says.
struct PageView {
  const char* bytes = nullptr;
  std::size_t number = 0;
  std::size_t count = 0;  ///< of its entries
  bool is_leaf = false;
};

/// The pages of an LMDB file in memory, of any content: what an entry says of places and sizes is checked
/// before it is followed, so that a damaged file is an error and never ends the process. LMDB itself
/// trusts what it reads. The format is that of LMDB 0.9.
class Pages {
 public:
  Pages() = default;
  /// `count` pages must be there at `base`.
  Pages(const char* base, std::size_t page_bytes, std::size_t count)
      : base_(base), page_bytes_(page_bytes), count_(count) {}

  using Found = std::expected<std::optional<std::string_view>, PageFault>;

  /// Finds the value of a key; nothing where there is none. Views live as long as the pages.
  [[nodiscard]] Found find(const TreeRoot& tree, std::string_view key) const;

  /// Finds the tree of a name among the names of a head.
  [[nodiscard]] std::expected<std::optional<TreeRoot>, PageFault> find_tree(const FileHead& head,
                                                                            std::string_view name) const;

  [[nodiscard]] std::expected<PageView, PageFault> page(std::size_t number) const;
  [[nodiscard]] std::expected<PageNode, PageFault> node(const PageView& page, std::size_t index) const;

  /// The entry of a page under which a key is, or would be: `page.count` of a leaf page whose keys are all
  /// before it.
  [[nodiscard]] std::expected<std::size_t, PageFault> search(const PageView& page,
                                                             std::string_view key) const;

  /// Checks what a writer trusts of a page beside what a reader needs: the entries fill its end without a
  /// gap, and none is of a kind that the tree does not have.
  [[nodiscard]] std::expected<void, PageFault> check_whole(const PageView& page, TreeKind kind) const;
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  [[nodiscard]] std::expected<PageNode, PageFault> overflowing(const PageView& page, PageNode node,
                                                               const char* place, std::size_t bytes) const;
  [[nodiscard]] std::expected<std::string_view, PageFault> key(const PageView& page, std::size_t index) const;
  void fetch(std::size_t number) const;

  const char* base_ = nullptr;
  std::size_t page_bytes_ = 0;
  std::size_t count_ = 0;
};

/// Reads the value of a node that is a tree; nothing where it has another size.
[[nodiscard]] std::optional<TreeRoot> tree_of(const PageNode& node);

/// LMDB has no deeper trees.
inline constexpr std::size_t tree_depth_limit = 32;

}  // namespace mta_sts::store
