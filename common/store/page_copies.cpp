#include "store/page_copies.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace mta_sts::store {

std::expected<PageCopies, StoreError> PageCopies::make(const std::string& path, const FileHead& head) {
  // Memory that may not be written is not counted against what the system has.
  void* base =
      ::mmap(nullptr, head.needed_bytes(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return std::unexpected(error_of_system(path, errno, StoreErrorCode::busy));
  }
  return PageCopies(static_cast<char*>(base), head.page_bytes(), head.last_page + 1);
}

PageCopies::PageCopies(PageCopies&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)),
      page_bytes_(other.page_bytes_),
      count_(other.count_),
      loaded_(std::move(other.loaded_)) {}

PageCopies::~PageCopies() {
  if (base_ != nullptr) {
    ::munmap(base_, page_bytes_ * count_);
  }
}

bool PageCopies::load(const Descriptor& file, std::size_t number) {
  if (number >= count_ || !loaded_.insert(number).second) {
    return false;
  }
  const std::size_t place = number * page_bytes_;
  const std::size_t before =
      place % static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));  // may be larger pages
  if (::mprotect(base_ + place - before, before + page_bytes_, PROT_READ | PROT_WRITE) != 0) {
    return false;
  }
  const ssize_t got = ::pread(file.get(), base_ + place, page_bytes_, static_cast<off_t>(place));
  return got == static_cast<ssize_t>(page_bytes_);
}

}  // namespace mta_sts::store
