#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/descriptor.hpp"
#include "store/pages.hpp"
#include "store/store_error.hpp"

namespace mta_sts::store {

/// The first bytes of a store's file in memory, read-only. The kernel ends a process that reads where the
/// file has ended meanwhile, so its size is asked for before each use.
class Mapping {
 public:
  /// Maps `bytes` bytes, which may be more than the file has. Error: out of memory or descriptors.
  [[nodiscard]] static std::expected<std::shared_ptr<const Mapping>, StoreError> map(const std::string& path,
                                                                                     const Descriptor& file,
                                                                                     std::size_t bytes);
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(const_cast<char*>(base_), bytes_); }

  [[nodiscard]] const char* base() const { return base_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  Mapping(const char* base, std::size_t bytes) : base_(base), bytes_(bytes) {}

  const char* base_;
  std::size_t bytes_;
};

/// A store's file that was looked at before LMDB, which trusts what it reads, opens it.
struct CheckedFile {
  Descriptor file;
  std::shared_ptr<const Mapping> mapping;
  FileHead head;
  bool has_mark = false;  ///< false: nothing is in it yet; it may become a store
};

/// Gives the path without links: a lock file lies beside the file itself, and two lock files would let two
/// writers in at once. Of a file that is not there yet the folder must be. Error: missing, unreadable.
[[nodiscard]] std::expected<std::string, StoreError> real_path_of(const std::string& path);

/// Opens the file at a path without links, and looks whether it is a whole store of this version. Creates and
/// writes nothing. Errors: missing, unreadable, not_regular, foreign, other_version, cut, damaged.
[[nodiscard]] std::expected<CheckedFile, StoreError> check_file(const std::string& path);

/// The error of a file without the mark.
[[nodiscard]] StoreError nothing_stored(const std::string& path);

/// What the tree "about" says under "format" in every store of this version.
inline constexpr std::string_view about_tree = "about";
inline constexpr std::string_view format_key = "format";
inline constexpr std::string_view format_mark = "mta-sts policy store ";
inline constexpr std::string_view format_version = "1";

/// The mode of a new store: its folder's group may read it, as a web server's must.
inline constexpr unsigned file_mode = 0640;
/// That of the lock file beside it, in which readers note themselves.
inline constexpr unsigned lock_mode = 0660;

[[nodiscard]] std::string lock_path_of(const std::string& path);

/// Which file it is, whatever its name.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  bool operator==(const FileIdentity&) const = default;
};

/// Gives which file a path leads to; nothing where there is none, or it cannot be told.
[[nodiscard]] std::optional<FileIdentity> identity_of(const std::string& path);

/// Tells whether a path leads to another file than that one, or to none; false where it cannot be told.
[[nodiscard]] bool leads_elsewhere(const std::string& path, const FileIdentity& file);

/// The error of a store whose own file, or whose lock file, is not the one that was opened; and of one whose
/// lock file counts the transactions of another.
[[nodiscard]] StoreError store_replaced(const std::string& path);
[[nodiscard]] StoreError lock_replaced(const std::string& path);
[[nodiscard]] StoreError lock_of_another(const std::string& path);

}  // namespace mta_sts::store
