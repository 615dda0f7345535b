#pragma once

#include <lmdb.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/environment.hpp"
#include "store/former_key.hpp"
#include "store/record.hpp"
#include "store/store_error.hpp"
#include "store/write_check.hpp"

namespace mta_sts::store {

/// Whether a writer makes a store where there is none.
enum class Creation : std::uint8_t { never, if_missing };

/// One change of a store, of any size: all of it, or nothing. Readers see the state before it until commit(),
/// and never wait. Other writers wait until it is committed or dropped.
class StoreWriter {
 public:
  template <typename T>
  using Result = std::expected<T, StoreError>;

  /// Opens the store at `path`, links followed, clears the slots of readers that were killed, and waits for
  /// its turn. `room_bytes`: about what will be put in. Errors: all of the file, and unwritable, full, busy,
  /// replaced.
  [[nodiscard]] static Result<StoreWriter> begin(const std::string& path, Creation creation,
                                                 std::size_t room_bytes);

  /// Puts a record of a domain (A-labels in lower case) or profile in the place of the present one, which
  /// becomes a former one; false where it serves the same already. Cheapest in the order of the names.
  /// Errors: no_profile, no_domain and alias_of_alias of what it names, in_use, damaged, full.
  [[nodiscard]] Result<bool> put(Owner owner, std::string_view name, const RecordView& record);

  /// Finds the present record of a domain or profile, as this change left it; it lives until the next put()
  /// or remove(). Error: damaged.
  [[nodiscard]] Result<std::optional<RecordView>> find(Owner owner, std::string_view name);

  /// Removes a domain or profile, whose record becomes a former one; false where it is not there. Errors:
  /// in_use, damaged, full.
  [[nodiscard]] Result<bool> remove(Owner owner, std::string_view name, std::chrono::sys_seconds now);

  /// Notes that a former policy of this id was served until then, though the store served another: of the
  /// latest such record the end moves on, never back. False where the name has none. Errors: damaged, full.
  [[nodiscard]] Result<bool> extend_former(Owner owner, std::string_view name, std::string_view id,
                                           std::chrono::sys_seconds until);

  /// Notes that the present policy is in force only from then on, as where it was seen that senders do not
  /// know of it yet; never earlier than it was put in. False where the name has no policy of its own. Errors:
  /// damaged, full.
  [[nodiscard]] Result<bool> begin_later(Owner owner, std::string_view name, std::chrono::sys_seconds since);

  /// Makes the change permanent. Errors: full, unwritable, replaced; nothing is changed then.
  [[nodiscard]] Result<void> commit();

 private:
  StoreWriter(std::string path, LockedEnvironment opened)
      : path_(std::move(path)), lock_(opened.lock), environment_(std::move(opened.environment)) {}

  struct Trees {
    MDB_dbi domains = 0;
    MDB_dbi profiles = 0;
    MDB_dbi former = 0;
    MDB_dbi aliases = 0;
  };

  [[nodiscard]] Result<void> check_places() const;
  [[nodiscard]] Result<void> check_pages();
  [[nodiscard]] Result<void> held(const WriteCheck::Result& result) const;
  [[nodiscard]] Result<void> look_around(MDB_dbi tree, std::string_view key);
  [[nodiscard]] Result<void> open_trees();
  [[nodiscard]] Result<std::optional<std::string_view>> get(MDB_dbi tree, std::string_view key);
  [[nodiscard]] Result<std::optional<std::string>> last_key(MDB_dbi tree);
  [[nodiscard]] Result<void> write(MDB_dbi tree, std::string_view key, std::string_view value,
                                   unsigned flags);
  [[nodiscard]] Result<void> erase(MDB_dbi tree, std::string_view key);
  [[nodiscard]] Result<void> check_names(Owner owner, std::string_view name, const RecordView& record);
  [[nodiscard]] Result<void> check_unused(Owner owner, std::string_view name);
  [[nodiscard]] Result<bool> has_alias(std::string_view domain);
  [[nodiscard]] Result<bool> is_used_profile(std::string_view name);
  [[nodiscard]] Result<void> keep_former(Owner owner, std::string_view name, std::string_view record,
                                         std::chrono::sys_seconds until);
  [[nodiscard]] Result<std::uint32_t> next_number(Owner owner, std::string_view name);
  [[nodiscard]] MDB_dbi tree_of_owner(Owner owner) const;
  [[nodiscard]] StoreError damaged_at(std::string_view name) const;

  std::string path_;
  FileIdentity lock_;
  Environment environment_;
  Transaction transaction_;
  Trees trees_;
  std::optional<WriteCheck> check_;
  std::map<MDB_dbi, TreeRoot> before_;  ///< the trees as they were before the change
  std::string last_domain_;             ///< the greatest key; a greater one goes to the end without a search
  std::string found_profile_;           ///< the profile that was looked for last, and found
};

}  // namespace mta_sts::store
