#pragma once

#include <cstddef>
#include <expected>
#include <set>
#include <string>

#include "base/descriptor.hpp"
#include "store/pages.hpp"
#include "store/store_error.hpp"

namespace mta_sts::store {

/// Room for the pages of a file, each copied as it is asked for: unlike a mapping it can be read while the
/// file is cut. What was not copied is zeros, which Pages takes for no page.
class PageCopies {
 public:
  /// Gives room for the pages of a head, which takes no memory yet. Error: out of address space.
  [[nodiscard]] static std::expected<PageCopies, StoreError> make(const std::string& path,
                                                                  const FileHead& head);
  PageCopies(PageCopies&& other) noexcept;
  PageCopies& operator=(PageCopies&&) = delete;
  ~PageCopies();

  /// Copies a page; false where it was copied before, is none of these, or cannot be read.
  [[nodiscard]] bool load(const Descriptor& file, std::size_t number);

  [[nodiscard]] Pages pages() const { return {base_, page_bytes_, count_}; }

 private:
  PageCopies(char* base, std::size_t page_bytes, std::size_t count)
      : base_(base), page_bytes_(page_bytes), count_(count) {}

  char* base_;
  std::size_t page_bytes_;
  std::size_t count_;
  std::set<std::size_t> loaded_;
};

}  // namespace mta_sts::store
