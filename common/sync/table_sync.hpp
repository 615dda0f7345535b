#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "publish/published_policy.hpp"
#include "store/lines/entry_line.hpp"
#include "store/lines/import_batch.hpp"
#include "store/reader.hpp"
#include "store/record.hpp"
#include "store/store_error.hpp"

namespace mta_sts::sync {

/// What is done to a name of the store.
enum class TableChange : std::uint8_t {
  put,       ///< it gets what the table says
  withdraw,  ///< the table no longer has it: it gets mode none, until no sender can hold another policy
  remove,    ///< that time is over: it leaves the store
};

[[nodiscard]] std::string_view to_string(TableChange change);

/// Takes what is found in rows, as it is found. Names and details are of any bytes where a row is refused,
/// and `detail` is safe to show.
class SyncReport {
 public:
  virtual ~SyncReport() = default;

  /// A row that cannot be stored; what the store has for the name stays.
  virtual void on_refused(std::string_view name, std::string_view word, std::string_view detail) = 0;

  /// A change that is due.
  virtual void on_change(TableChange change, std::string_view name) = 0;
};

struct SyncRules {
  bool is_dry = false;             ///< change nothing
  bool may_withdraw_many = false;  ///< withdraw whatever the table lacks, however much that is
};

/// What one look at the table came to.
struct SyncCounts {
  std::size_t rows = 0;
  std::size_t refused = 0;
  std::size_t stored = 0;
  std::size_t withdrawn = 0;
  std::size_t removed = 0;
  std::size_t kept_back = 0;  ///< domains that the table lacks, so many that they were not withdrawn
};

/// Keeps a store equal to a table, whose rows are handed in. Each call is a change of the store of its own;
/// what was changed before an error stays, and to look at all rows again does the rest.
///
/// A domain that the table lacks is withdrawn as `mta-sts publish --remove` does it (RFC 8461 section 8.3). A
/// table without any domain, or one that within an hour came to lack more than 100 domains and a tenth of the
/// store, may be the wrong one, or lost them by mistake: no more is withdrawn then, unless the rules allow
/// it.
class TableSync {
 public:
  using Result = std::expected<void, store::StoreError>;

  /// The clock and the report must outlive it.
  TableSync(std::string path, SyncRules rules, const Clock& clock, SyncReport& report);

  /// Begins a look at all rows: first the profiles, then the domains.
  [[nodiscard]] Result begin_comparison();

  /// Compares some of all rows of one owner with the store, in the order of the bytes of their names;
  /// `is_last`: no row of this owner follows.
  [[nodiscard]] Result compare(store::Owner owner, std::span<const store::EntryRowView> rows, bool is_last);

  /// Withdraws and removes what the table lacks, and stores the aliases.
  [[nodiscard]] Result end_comparison();

  /// Stores rows that changed, profiles before domains, and tells nothing of others. end_changes() follows.
  [[nodiscard]] Result store_rows(std::span<const store::EntryRowView> rows);

  /// Withdraws domains that the table no longer has, as end_comparison() does, but for those that a row which
  /// was refused since may mean. Follows store_rows().
  [[nodiscard]] Result withdraw_gone(std::vector<std::string> domains);

  /// Stores the aliases among the rows that changed.
  [[nodiscard]] Result end_changes();

  /// Tells whether a row changed that others were refused for: the next comparison stores those.
  [[nodiscard]] bool needs_comparison() const { return needs_comparison_; }

  /// Gives what was counted since the last call.
  [[nodiscard]] SyncCounts take_counts();

 private:
  struct Opened;
  /// A change of the store that is being gathered.
  struct Gathered {
    store::ImportBatch batch;
    std::vector<std::string> removals;
  };

  [[nodiscard]] std::expected<Opened, store::StoreError> open() const;
  void refuse(std::string_view name, std::string_view word, std::string_view detail);
  void refuse_row(const store::EntryRowView& row, std::string_view word, std::string_view detail);
  void refuse_leading(std::string_view name, const store::RecordView& record, const store::StoreError& error);
  void gather(const store::StoreEntry& entry, Gathered& gathered, TableChange change);
  [[nodiscard]] Result find_lacking(const Opened& opened, store::Owner owner,
                                    std::span<const store::EntryRowView> rows,
                                    std::optional<std::string_view> end);
  [[nodiscard]] Result decide_withdrawal(const Opened& opened, std::string_view domain, Gathered& gathered);
  [[nodiscard]] Result withdraw(std::span<const std::string> domains);
  [[nodiscard]] std::size_t allowed_removals() const;
  [[nodiscard]] Result apply(const Gathered& gathered);
  [[nodiscard]] Result store_aliases();
  [[nodiscard]] Result withdraw_lacking();
  [[nodiscard]] Result remove_profiles();

  std::string path_;
  SyncRules rules_;
  const Clock* clock_;
  SyncReport* report_;
  publish::PublishedPolicy none_;  ///< of what is withdrawn
  store::EntryReader reader_;
  SyncCounts counts_;
  std::size_t stored_ = 0;    ///< domains of the store as the comparison began
  std::size_t recent_ = 0;    ///< of these, withdrawn within the hour before it, and since
  bool has_domains_ = false;  ///< the table has some
  bool is_held_ = false;      ///< nothing is withdrawn until the next comparison
  bool needs_comparison_ = false;
  store::ImportBatch aliases_;        ///< stored last, since they lead to domains
  std::string last_;                  ///< the greatest name that was compared
  bool is_first_ = true;              ///< nothing of this owner was compared yet
  std::vector<std::string> lacking_;  ///< domains that the table lacks
  std::vector<std::string> fading_;   ///< such with mode none
  std::vector<std::string> lacking_profiles_;
  std::set<std::string, std::less<>> misspelt_;  ///< domains that a refused row may mean
  std::set<std::string, std::less<>> awaited_;   ///< what rows led to that was not there
};

}  // namespace mta_sts::sync
