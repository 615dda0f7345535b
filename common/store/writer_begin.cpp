#include "store/writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/descriptor.hpp"
#include "store/contents.hpp"
#include "store/store_file.hpp"

// How a change begins: the file is opened, looked at, and checked before LMDB reads it.
namespace mta_sts::store {
namespace {

// Room in the address space, and no room on the disk.
constexpr std::size_t map_bytes_least = 256U << 20U;

std::expected<void, StoreError> check_rights(const std::string& path) {
  for (const std::string& each : {path, lock_path_of(path)}) {
    if (::access(each.c_str(), W_OK) != 0 && errno != ENOENT) {
      return std::unexpected(
          error_of_file(StoreErrorCode::unwritable, each,
                        errno == EROFS ? "its file system is read-only" : "this user may not write it"));
    }
  }
  return {};
}

}  // namespace

StoreWriter::Result<StoreWriter> StoreWriter::begin(const std::string& path, Creation creation,
                                                    std::size_t room_bytes) {
  auto real = real_path_of(path);
  if (!real) {
    return std::unexpected(real.error());
  }
  std::size_t file_bytes = 0;
  bool has_mark = false;
  if (const auto file = check_file(*real)) {
    file_bytes = std::max(file->head.needed_bytes(), file->head.map_bytes / 2);
    has_mark = file->has_mark;
  } else if (file.error().code != StoreErrorCode::missing) {
    return std::unexpected(file.error());
  }
  if (creation == Creation::never && !has_mark) {
    return std::unexpected(
        error_of_file(StoreErrorCode::missing, *real,
                      "there is no store; 'mta-sts store set' or 'mta-sts store import' makes it"));
  }
  if (auto rights = check_rights(*real); !rights) {
    return std::unexpected(rights.error());
  }
  const bool is_new = ::access(lock_path_of(*real).c_str(), F_OK) != 0;
  // Pages are copied before they are changed, and those of before are free only afterwards.
  auto environment = open_environment(*real, 0, map_bytes_least + 2 * file_bytes + 8 * room_bytes);
  if (!environment) {
    return std::unexpected(environment.error());
  }
  if (is_new) {
    static_cast<void>(::chmod(lock_path_of(*real).c_str(), lock_mode));  // whatever the umask
  }
  int cleared = 0;
  mdb_reader_check(environment->environment.get(), &cleared);
  StoreWriter writer(*std::move(real), *std::move(environment));
  MDB_txn* begun = nullptr;
  if (const int rc = mdb_txn_begin(writer.environment_.get(), nullptr, 0, &begun); rc != 0) {
    return std::unexpected(error_of_lmdb(writer.path_, rc));
  }
  writer.transaction_.reset(begun);
  if (auto in_place = writer.check_places(); !in_place) {
    return std::unexpected(in_place.error());
  }
  if (auto checked = writer.check_pages(); !checked) {
    return std::unexpected(checked.error());
  }
  if (auto opened = writer.open_trees(); !opened) {
    return std::unexpected(opened.error());
  }
  return writer;
}

// Another file at the store's place would make the change vanish; another lock file would have let another
// writer in, and readers would not see the change.
StoreWriter::Result<void> StoreWriter::check_places() const {
  mdb_filehandle_t file = -1;
  struct stat status{};
  if (mdb_env_get_fd(environment_.get(), &file) != 0 || ::fstat(file, &status) != 0) {
    return std::unexpected(error_of_system(path_, errno, StoreErrorCode::unreadable));
  }
  if (identity_of(path_) != FileIdentity{.device = status.st_dev, .inode = status.st_ino}) {
    return std::unexpected(store_replaced(path_));
  }
  if (identity_of(lock_path_of(path_)) != lock_) {
    return std::unexpected(lock_replaced(path_));
  }
  return {};
}

// The transaction has no other writer beside it: what is checked stays as it is.
StoreWriter::Result<void> StoreWriter::check_pages() {
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    return std::unexpected(error_of_system(path_, errno, StoreErrorCode::unreadable));
  }
  MDB_stat pages{};
  mdb_env_stat(environment_.get(), &pages);
  const std::size_t page_bytes = pages.ms_psize;
  auto heads = Mapping::map(path_, file, 2 * page_bytes);
  if (!heads) {
    return std::unexpected(heads.error());
  }
  const std::string_view begin((*heads)->base(), (*heads)->bytes());
  const auto head = read_head_of(begin, page_bytes, mdb_txn_id(transaction_.get()) - 1);
  if (!head) {
    return std::unexpected(lock_of_another(path_));
  }
  if (static_cast<std::size_t>(status.st_size) < head->needed_bytes()) {
    return std::unexpected(error_of_file(
        StoreErrorCode::cut, path_, "it was cut while it was open; import what it had into a new store"));
  }
  auto mapping = Mapping::map(path_, file, head->needed_bytes());
  if (!mapping) {
    return std::unexpected(mapping.error());
  }
  check_.emplace(*std::move(mapping), *head);
  return held(check_->begin());
}

StoreWriter::Result<void> StoreWriter::held(const WriteCheck::Result& result) const {
  return result ? Result<void>() : std::unexpected(damaged_page(path_, result.error()));
}

StoreWriter::Result<void> StoreWriter::look_around(MDB_dbi tree, std::string_view key) {
  return held(check_->around(before_.at(tree), key));
}

StoreWriter::Result<void> StoreWriter::open_trees() {
  MDB_dbi about = 0;
  for (const auto& [name, tree] :
       {std::pair{about_tree, &about}, std::pair{domain_tree, &trees_.domains},
        std::pair{profile_tree, &trees_.profiles}, std::pair{former_tree, &trees_.former},
        std::pair{alias_tree, &trees_.aliases}}) {
    if (const int rc = mdb_dbi_open(transaction_.get(), std::string(name).c_str(), MDB_CREATE, tree);
        rc != 0) {
      return std::unexpected(error_of_lmdb(path_, rc));
    }
    const auto before = check_->tree(name);
    if (!before) {
      return std::unexpected(damaged_page(path_, before.error()));
    }
    before_[*tree] = *before;
  }
  const auto mark = get(about, format_key);
  if (!mark) {
    return std::unexpected(mark.error());
  }
  const std::string right = std::string(format_mark) + std::string(format_version);
  if (!*mark) {
    if (auto written = write(about, format_key, right, 0); !written) {
      return written;
    }
  } else if (**mark != right) {  // since it was looked at
    return std::unexpected(
        error_of_file(StoreErrorCode::other_version, path_, "another version of mta-sts made it"));
  }
  auto last = last_key(trees_.domains);
  if (!last) {
    return std::unexpected(last.error());
  }
  last_domain_ = std::move(*last).value_or("");
  return {};
}

}  // namespace mta_sts::store
