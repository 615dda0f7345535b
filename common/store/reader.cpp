#include "store/reader.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"
#include "publish/web_answer.hpp"
#include "store/contents.hpp"

namespace mta_sts::store {
namespace {

using Policy = std::expected<std::optional<StoredPolicyView>, StoreError>;

// Where the slot looks at a head again because two writers have been there in between.
constexpr int attempts_limit = 100;

// What stands behind an alias and a profile, at most one of each.
std::expected<std::optional<RecordView>, StoreError> find_served(const SnapshotView& snapshot,
                                                                 std::string_view domain) {
  auto record = find_domain(snapshot, domain);
  if (record && *record && (*record)->kind == RecordKind::alias) {
    record = find_domain(snapshot, (*record)->text);
  }
  if (record && *record && (*record)->kind == RecordKind::profile) {
    record = find_profile(snapshot, (*record)->text);
  }
  if (record && *record && (*record)->kind != RecordKind::policy) {
    return std::unexpected(damaged_record(snapshot, domain));
  }
  return record;
}

}  // namespace

std::expected<std::unique_ptr<StoreReader>, StoreError> StoreReader::open(const std::string& path) {
  auto real = real_path_of(path);
  if (!real) {
    return std::unexpected(real.error());
  }
  auto file = check_file(*real);
  if (!file) {
    return std::unexpected(file.error());
  }
  if (!file->has_mark) {
    return std::unexpected(nothing_stored(*real));
  }
  // Without its slot a reader would lose its snapshot to the next writers; LMDB goes on without one where the
  // file system is read-only.
  if (::access(lock_path_of(*real).c_str(), W_OK) != 0 && errno != ENOENT) {
    return std::unexpected(error_of_file(StoreErrorCode::unreadable, lock_path_of(*real),
                                         "readers note themselves in it, and this user may not write it; add "
                                         "the user to the group of the file"));
  }
  auto environment = open_environment(*real, MDB_RDONLY, 0);
  if (!environment) {
    StoreError error = environment.error();
    if (error.code == StoreErrorCode::unwritable) {
      error.code = StoreErrorCode::unreadable;
    }
    return std::unexpected(std::move(error));
  }
  struct stat status {};
  if (::fstat(file->file.get(), &status) != 0) {
    return std::unexpected(error_of_system(*real, errno, StoreErrorCode::unreadable));
  }
  const FileIdentity identity{.device = status.st_dev, .inode = status.st_ino};
  if (leads_elsewhere(*real, identity)) {  // LMDB may have opened the other
    return std::unexpected(store_replaced(*real));
  }
  return std::unique_ptr<StoreReader>(
      new StoreReader(*std::move(real), *std::move(file), identity, *std::move(environment)));
}

// No transaction reads LMDB's own map: pages are read through mapping_, so it may be replaced at any time but
// that of a begin.
std::expected<void, StoreError> StoreReader::follow_growth() {
  const std::unique_lock lock(mutex_);
  if (const int rc = mdb_env_set_mapsize(environment_.get(), 0); rc != 0) {
    return std::unexpected(error_of_lmdb(path_, rc));
  }
  return {};
}

std::expected<std::shared_ptr<const Mapping>, StoreError> StoreReader::mapping_of(std::size_t bytes) {
  const std::unique_lock lock(mutex_);
  if (mapping_->bytes() < bytes) {
    auto mapping = Mapping::map(path_, file_, bytes * 2);  // room for growth costs no memory
    if (!mapping) {
      return mapping;
    }
    mapping_ = *std::move(mapping);
  }
  return mapping_;
}

// Writers tell their transactions in the lock file that is at its place. Where there is none there was no
// writer: each makes one before it changes anything.
bool ReadSlot::has_other_lock() const {
  const auto now = identity_of(reader_->lock_path_);
  return now && *now != reader_->lock_;
}

std::expected<void, StoreError> ReadSlot::check_file(std::size_t needed_bytes, FileCheck check) const {
  off_t bytes = 0;
  if (check == FileCheck::size) {
    bytes =
        ::lseek(reader_->file_.get(), 0, SEEK_END);  // half of the time of fstat(); nobody uses the position
    if (bytes < 0) {
      return std::unexpected(error_of_system(reader_->path_, errno, StoreErrorCode::unreadable));
    }
  } else {
    struct stat status {};
    if (::fstat(reader_->file_.get(), &status) != 0) {
      return std::unexpected(error_of_system(reader_->path_, errno, StoreErrorCode::unreadable));
    }
    if (status.st_nlink == 0) {
      return std::unexpected(store_replaced(reader_->path_));
    }
    if (has_other_lock()) {
      return std::unexpected(lock_replaced(reader_->path_));
    }
    bytes = status.st_size;
  }
  if (static_cast<std::size_t>(bytes) < needed_bytes) {
    return std::unexpected(
        error_of_file(StoreErrorCode::cut, reader_->path_,
                      "it was cut while it was open; import what it had into a new store"));
  }
  return {};
}

std::expected<void, StoreError> ReadSlot::start() {
  MDB_env* environment = reader_->environment_.get();
  bool has_cleared = false;
  for (int attempt = 0; attempt < attempts_limit; ++attempt) {
    int rc = 0;
    {
      const std::shared_lock lock(reader_->mutex_);
      if (transaction_) {
        rc = mdb_txn_renew(transaction_.get());
      } else {
        MDB_txn* begun = nullptr;
        rc = mdb_txn_begin(environment, nullptr, MDB_RDONLY, &begun);
        transaction_.reset(begun);
      }
    }
    if (rc == 0) {
      return {};
    }
    if (rc == MDB_MAP_RESIZED) {
      if (auto grown = reader_->follow_growth(); !grown) {
        return grown;
      }
    } else if (rc == MDB_READERS_FULL && !has_cleared) {
      int cleared = 0;
      mdb_reader_check(environment, &cleared);  // those of processes that were killed
      has_cleared = true;
    } else if (rc == EAGAIN || rc == EACCES) {  // LMDB locks the byte at this process's number
      return std::unexpected(error_of_file(
          StoreErrorCode::busy, reader_->path_,
          "a process of another container has the number of this one, by which its lock file tells "
          "readers apart; have all that read it share a PID namespace"));
    } else {
      return std::unexpected(error_of_lmdb(reader_->path_, rc));
    }
  }
  return std::unexpected(error_of_lmdb(reader_->path_, EAGAIN));
}

// The head of the slot's own transaction: it is written again two transactions later, which is noticed.
std::expected<bool, StoreError> ReadSlot::load_head() {
  const std::size_t number = mdb_txn_id(transaction_.get());
  if (number == snapshot_.head.transaction && mapping_) {
    return true;
  }
  if (!mapping_) {
    auto mapping = reader_->mapping_of(0);
    if (!mapping) {
      return std::unexpected(mapping.error());
    }
    mapping_ = *std::move(mapping);
  }
  const std::string_view begin(mapping_->base(), mapping_->bytes());
  const auto head = read_head_of(begin, reader_->heads_bytes_ / 2, number);
  std::atomic_thread_fence(std::memory_order_acquire);
  const auto again = read_head_of(begin, reader_->heads_bytes_ / 2, number);
  if (!head || !again || std::memcmp(&*head, &*again, sizeof *head) != 0) {
    return false;
  }
  snapshot_ = {};
  snapshot_.head = *head;
  return true;
}

std::expected<void, StoreError> ReadSlot::load_trees() {
  const FileHead& head = snapshot_.head;
  if (auto whole = check_file(head.needed_bytes(), FileCheck::size); !whole) {
    return whole;
  }
  auto mapping = reader_->mapping_of(head.needed_bytes());
  if (!mapping) {
    return std::unexpected(mapping.error());
  }
  mapping_ = *std::move(mapping);
  SnapshotView made;
  made.path = reader_->path_;
  made.head = head;
  made.pages = Pages(mapping_->base(), head.page_bytes(), head.last_page + 1);
  constexpr TreeRoot none{.root = no_page};
  for (const auto& [name, tree] :
       {std::pair{about_tree, &made.about}, std::pair{domain_tree, &made.domains},
        std::pair{profile_tree, &made.profiles}, std::pair{former_tree, &made.former},
        std::pair{alias_tree, &made.aliases}}) {
    const auto found = made.pages.find_tree(head, name);
    if (!found) {
      return std::unexpected(damaged_page(made.path, found.error()));
    }
    *tree = found->value_or(none);
  }
  snapshot_ = made;
  return {};
}

// Makes snapshot_ the latest state, which stays until end().
std::expected<void, StoreError> ReadSlot::renew(FileCheck check) {
  end();
  for (int attempt = 0; attempt < attempts_limit; ++attempt) {
    // LMDB reads the heads as it begins.
    if (auto whole = check_file(std::max(reader_->heads_bytes_, snapshot_.head.needed_bytes()), check);
        !whole) {
      return whole;
    }
    if (auto started = start(); !started) {
      return started;
    }
    const auto loaded = load_head();
    if (!loaded) {
      end();
      return std::unexpected(loaded.error());
    }
    if (*loaded) {
      if (snapshot_.path.empty()) {  // of another transaction than before
        if (auto trees = load_trees(); !trees) {
          snapshot_ = {};
          end();
          return trees;
        }
      }
      return {};
    }
    end();
  }
  return std::unexpected(lock_of_another(reader_->path_));
}

std::expected<SnapshotView, StoreError> ReadSlot::begin() {
  if (auto renewed = renew(FileCheck::size_and_name); !renewed) {
    return std::unexpected(renewed.error());
  }
  return snapshot_;
}

void ReadSlot::end() noexcept {
  if (transaction_) {
    mdb_txn_reset(transaction_.get());
  }
}

Policy ReadSlot::find(std::string_view domain, FileCheck check) {
  std::array<char, domain_name_limit_bytes> lower;  // NOLINT: only what is written is read
  if (domain.size() > lower.size()) {
    return std::nullopt;
  }
  for (std::size_t at = 0; at < domain.size(); ++at) {
    lower[at] = ascii::to_lower(domain[at]);
  }
  if (auto renewed = renew(check); !renewed) {
    return std::unexpected(std::move(renewed.error()));
  }
  auto served = find_served(snapshot_, {lower.data(), domain.size()});
  if (!served || !*served) {
    end();
    return served ? Policy(std::nullopt) : std::unexpected(std::move(served.error()));
  }
  const RecordView& record = **served;
  return StoredPolicyView{.body = record.text,
                          .id = record.id,
                          .etag = record.etag,
                          .mode = record.mode,
                          .max_age_seconds = record.max_age_seconds};
}

Policy ReadSlot::lookup(std::string_view domain) {
  auto found = find(domain, FileCheck::size_and_name);
  if (found && *found) {
    StoredPolicyView& policy = **found;
    body_.assign(policy.body).append(policy.id).append(policy.etag);
    const std::string_view copied(body_);
    policy.body = copied.substr(0, policy.body.size());
    policy.id = copied.substr(policy.body.size(), policy.id.size());
    policy.etag = copied.substr(policy.body.size() + policy.id.size());
  }
  end();
  return found;
}

std::expected<StoreFacts, StoreError> ReadSlot::facts() {
  if (auto renewed = renew(FileCheck::size_and_name); !renewed) {
    return std::unexpected(renewed.error());
  }
  StoreFacts facts{.domains = snapshot_.domains.entries, .profiles = snapshot_.profiles.entries};
  end();
  struct stat status {};
  if (::fstat(reader_->file_.get(), &status) != 0) {
    return std::unexpected(error_of_system(reader_->path_, errno, StoreErrorCode::unreadable));
  }
  facts.file_bytes = static_cast<std::uint64_t>(status.st_size);
  facts.changed_seconds = status.st_mtim.tv_sec;
  return facts;
}

Policy ReadSlot::lookup_host(std::string_view host) {
  const std::string_view domain = publish::policy_domain_of_host(host);
  return domain.empty() ? Policy(std::nullopt) : lookup(domain);
}

}  // namespace mta_sts::store
