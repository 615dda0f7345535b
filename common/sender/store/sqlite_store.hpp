#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/log.hpp"
#include "sender/policy_store.hpp"

namespace mta_sts::sender {

/// PolicyStore in one SQLite file (WAL, mode 0600), owned by one process: it holds the exclusive lock while
/// it is open, so that no memory is shared through a file, and a second process is refused. Rows are plain to
/// read with sqlite3(1) then; each has a sum over its values, and one that does not fit counts as not there
/// (R94).
class SqliteStore final : public PolicyStore {
 public:
  /// Opens or makes the file. One that is damaged or foreign is moved aside to `<path>.damaged-<seconds>`,
  /// logged as cache-damaged, and a fresh one begun. Error: cache-unusable, where no file can be
  /// had at all (directory missing, not writable by this user or writable by others, or another process has
  /// the file); the caller decides
  /// whether to stop or to go on with a NullPolicyStore.
  [[nodiscard]] static std::expected<std::unique_ptr<SqliteStore>, Fault> open(std::string path, Log& log,
                                                                               const Clock& clock);
  ~SqliteStore() override;

  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  bool load(const std::function<void(StoredEntry)>& take) override;
  std::optional<StoredEntry> load_one(std::string_view domain) override;
  bool store(const StoredEntry& entry) override;
  bool note_use(std::string_view domain, std::chrono::sys_seconds used, std::uint32_t asks) override;
  bool remove(std::string_view domain) override;
  bool is_intact() override;

 private:
  struct Database;
  explicit SqliteStore(std::unique_ptr<Database> database);

  std::unique_ptr<Database> database_;
};

}  // namespace mta_sts::sender
