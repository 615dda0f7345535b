#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "store/environment.hpp"
#include "store/pages.hpp"
#include "store/record.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"

namespace mta_sts::store {

/// The store as one transaction left it; the views live until the slot that gave it ends it.
struct SnapshotView {
  std::string_view path;  ///< of the store, for errors
  Pages pages;
  FileHead head;
  TreeRoot about;     ///< what the store is
  TreeRoot domains;   ///< domain -> record
  TreeRoot profiles;  ///< name of a profile -> record
  TreeRoot former;    ///< former_key -> former record
  TreeRoot aliases;   ///< domain, NUL, alias of it -> nothing
};

/// How far a slot asks for its file before it reads.
enum class FileCheck : std::uint8_t {
  size,           ///< whether it has been cut: the kernel ends a process that reads behind the end
  size_and_name,  ///< also whether it or its lock file was removed or replaced, which costs as much again
};

/// What a web server sends for a domain; the views live until the slot's next call.
struct StoredPolicyView {
  std::string_view body;  ///< at most 64 KiB
  std::string_view id;
  std::string_view etag;  ///< in double quotes
  Mode mode = Mode::none;
  std::uint64_t max_age_seconds = 0;
};

/// What is known of a store as a whole.
struct StoreFacts {
  std::uint64_t domains = 0;  ///< aliases too
  std::uint64_t profiles = 0;
  std::uint64_t file_bytes = 0;
  std::int64_t changed_seconds = 0;  ///< since 1970, of the latest change
};

class StoreReader;

/// One reader of the store: a worker, or a thread of one, keeps a slot and uses it for one call at a time.
/// No call takes a lock that a writer holds, and no writer waits for a slot. A process that is killed leaves
/// its slot to the next writer, which clears it.
class ReadSlot {
 public:
  /// Gives what is served for a domain (A-labels, any case), through its profile or alias; nothing where the
  /// store does not hold it. It is read from the latest transaction: a change shows with the next call.
  /// Errors: cut, damaged (of this domain alone), replaced, busy; answer 503.
  [[nodiscard]] std::expected<std::optional<StoredPolicyView>, StoreError> lookup(std::string_view domain);

  /// The same without a copy: views of the file, which live until end() or the next call. Be brief.
  [[nodiscard]] std::expected<std::optional<StoredPolicyView>, StoreError> find(std::string_view domain,
                                                                                FileCheck check);

  /// The same as lookup() for a Host field: `mta-sts.` and the domain, a port and a root dot are ignored. RFC
  /// 8461 section 3.3.
  [[nodiscard]] std::expected<std::optional<StoredPolicyView>, StoreError> lookup_host(std::string_view host);

  /// Gives what is known of the store as a whole. Errors: as lookup's.
  [[nodiscard]] std::expected<StoreFacts, StoreError> facts();

  /// Begins a longer look at one state of the store, until end() or the next call. Room that a writer frees
  /// meanwhile is not used again before that: be brief.
  [[nodiscard]] std::expected<SnapshotView, StoreError> begin();
  void end() noexcept;

 private:
  friend class StoreReader;
  explicit ReadSlot(StoreReader& reader) : reader_(&reader) {}

  [[nodiscard]] std::expected<void, StoreError> check_file(std::size_t needed_bytes, FileCheck check) const;
  [[nodiscard]] bool has_other_lock() const;
  [[nodiscard]] std::expected<void, StoreError> renew(FileCheck check);
  [[nodiscard]] std::expected<void, StoreError> start();
  [[nodiscard]] std::expected<bool, StoreError> load_head();
  [[nodiscard]] std::expected<void, StoreError> load_trees();

  StoreReader* reader_;
  Transaction transaction_;
  std::shared_ptr<const Mapping> mapping_;
  SnapshotView snapshot_;
  std::string body_;
};

/// A store that is open for reading. Open it in the process that uses it: LMDB's slots do not outlive a fork.
class StoreReader {
 public:
  /// Opens the store at `path`, links followed. Creates nothing but a lock file that is missing.
  /// Errors: missing, unreadable, not_regular, foreign, other_version, cut, damaged, busy; try again later.
  [[nodiscard]] static std::expected<std::unique_ptr<StoreReader>, StoreError> open(const std::string& path);

  /// Gives a slot; it must not outlive the reader.
  [[nodiscard]] ReadSlot slot() { return ReadSlot(*this); }

  /// Tells which file is open.
  [[nodiscard]] const FileIdentity& identity() const { return identity_; }

 private:
  friend class ReadSlot;
  StoreReader(std::string path, CheckedFile file, FileIdentity identity, LockedEnvironment opened)
      : path_(std::move(path)),
        lock_path_(lock_path_of(path_)),
        lock_(opened.lock),
        file_(std::move(file.file)),
        identity_(identity),
        environment_(std::move(opened.environment)),
        heads_bytes_(2 * file.head.page_bytes()),
        mapping_(std::move(file.mapping)) {}

  [[nodiscard]] std::expected<void, StoreError> follow_growth();
  [[nodiscard]] std::expected<std::shared_ptr<const Mapping>, StoreError> mapping_of(std::size_t bytes);

  std::string path_;
  std::string lock_path_;
  FileIdentity lock_;
  Descriptor file_;
  FileIdentity identity_;
  Environment environment_;
  std::size_t heads_bytes_;  ///< what LMDB reads as a transaction begins
  std::shared_mutex mutex_;  ///< of LMDB's map and of mapping_, which growth replaces
  std::shared_ptr<const Mapping> mapping_;
};

}  // namespace mta_sts::store
