#include "sync/table_sync.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "publish/mail_domain.hpp"
#include "steps/former.hpp"
#include "store/contents.hpp"
#include "store/periods.hpp"
#include "store/walk.hpp"
#include "store/writer.hpp"

namespace mta_sts::sync {
namespace {

using store::Owner;

constexpr std::size_t lacking_limit = 100;  // domains, and
constexpr std::size_t lacking_share = 10;   // one in so many of the store
constexpr std::size_t withdrawn_at_once = 1000;
constexpr std::chrono::hours lacking_time{1};  // within which so many are too many
constexpr std::size_t misspelt_limit = 10000;
constexpr std::size_t awaited_limit = 10000;
constexpr std::size_t profiles_at_once = 10;  // each costs a look at all domains
constexpr std::uint64_t day_seconds = 86400;

// As a line of an import names it.
std::string shown(Owner owner, std::string_view name) {
  return (owner == Owner::profile ? "@" : "") + std::string(name);
}

}  // namespace

std::string_view to_string(TableChange change) {
  using enum TableChange;
  static constexpr auto words = enum_names<TableChange>({
      {put, "store"},
      {withdraw, "withdraw"},
      {remove, "remove"},
  });
  return words[change];
}

/// The store as it is now; without a snapshot where there is none yet.
struct TableSync::Opened {
  std::unique_ptr<store::StoreReader> reader;
  std::optional<store::ReadSlot> slot;
  std::optional<store::SnapshotView> snapshot;
};

// For a day: RFC 8461 section 8.3.
TableSync::TableSync(std::string path, SyncRules rules, const Clock& clock, SyncReport& report)
    : path_(std::move(path)),
      rules_(rules),
      clock_(&clock),
      report_(&report),
      none_(publish::publish_policy(
          {.mode = Mode::none, .mx = {}, .max_age_seconds = day_seconds, .extensions = {}})) {}

// A process opens a store once: whoever has this open cannot write.
std::expected<TableSync::Opened, store::StoreError> TableSync::open() const {
  Opened opened;
  auto reader = store::StoreReader::open(path_);
  if (!reader) {
    return reader.error().code == store::StoreErrorCode::missing
               ? std::expected<Opened, store::StoreError>(std::move(opened))
               : std::unexpected(reader.error());
  }
  opened.reader = *std::move(reader);
  opened.slot = opened.reader->slot();
  const auto snapshot = opened.slot->begin();
  if (!snapshot) {
    return std::unexpected(snapshot.error());
  }
  opened.snapshot = *snapshot;
  return opened;
}

void TableSync::refuse(std::string_view name, std::string_view word, std::string_view detail) {
  ++counts_.refused;
  report_->on_refused(name, word, detail);
}

// A domain's row that is refused may mean one that is stored: that is not withdrawn.
void TableSync::refuse_row(const store::EntryRowView& row, std::string_view word, std::string_view detail) {
  refuse(shown(row.owner, row.name), word, detail);
  const auto meant = publish::parse_mail_domain(row.name);
  if (row.owner == Owner::domain && meant && misspelt_.size() <= misspelt_limit) {
    misspelt_.insert(meant->text());
  }
}

void TableSync::refuse_leading(std::string_view name, const store::RecordView& record,
                               const store::StoreError& error) {
  refuse(name, to_string(error.code), error.detail);
  if (awaited_.size() < awaited_limit && record.kind != store::RecordKind::policy) {
    awaited_.insert(
        shown(record.kind == store::RecordKind::profile ? Owner::profile : Owner::domain, record.text));
  }
}

void TableSync::gather(const store::StoreEntry& entry, Gathered& gathered, TableChange change) {
  report_->on_change(change, shown(entry.owner, entry.name));
  const bool is_alias = entry.kind == store::RecordKind::alias;
  (is_alias ? aliases_ : gathered.batch).add(entry, 0, clock_->now());
}

TableSync::Result TableSync::begin_comparison() {
  aliases_ = {};
  lacking_.clear();
  fading_.clear();
  lacking_profiles_.clear();
  misspelt_.clear();
  awaited_.clear();
  last_.clear();
  is_first_ = true;
  recent_ = 0;
  has_domains_ = false;
  is_held_ = false;
  needs_comparison_ = false;
  counts_ = {};
  auto opened = open();
  if (!opened) {
    return std::unexpected(opened.error());
  }
  stored_ = 0;
  if (opened->snapshot) {
    const auto facts = opened->slot->facts();
    if (!facts) {
      return std::unexpected(facts.error());
    }
    stored_ = facts->domains;
  }
  return {};
}

TableSync::Result TableSync::compare(Owner owner, std::span<const store::EntryRowView> rows, bool is_last) {
  Gathered gathered;
  {
    const auto opened = open();
    if (!opened) {
      return std::unexpected(opened.error());
    }
    std::string_view before = last_;
    has_domains_ = has_domains_ || (owner == Owner::domain && !rows.empty());
    for (const store::EntryRowView& row : rows) {
      ++counts_.rows;
      if (!is_first_ && row.name <= before) {
        refuse_row(row, "input-invalid", "the table has the name twice, or not in the order of its bytes");
        continue;
      }
      is_first_ = false;
      before = row.name;
      const auto entry = reader_.read_row(row);
      if (!entry) {
        refuse_row(row, entry.error().word, entry.error().detail);
        continue;
      }
      if (opened->snapshot) {
        const auto found = owner == Owner::domain ? store::find_domain(*opened->snapshot, entry->name)
                                                  : store::find_profile(*opened->snapshot, entry->name);
        // What is damaged is stored anew.
        if (found && *found && (*found)->serves_same_as(record_of(*entry, clock_->now()))) {
          continue;
        }
      }
      gather(*entry, gathered, TableChange::put);
    }
    if (auto looked = find_lacking(*opened, owner, rows, is_last ? std::nullopt : std::optional(before));
        !looked) {
      return looked;
    }
    last_ = std::string(before);
  }
  if (is_last) {
    last_.clear();
    is_first_ = true;
  }
  return apply(gathered);
}

// The names of the store between those of the rows, as far as `end` or to its end.
TableSync::Result TableSync::find_lacking(const Opened& opened, Owner owner,
                                          std::span<const store::EntryRowView> rows,
                                          std::optional<std::string_view> end) {
  if (!opened.snapshot) {
    return {};
  }
  const store::SnapshotView& snapshot = *opened.snapshot;
  auto row = rows.begin();
  const auto walked =
      store::for_each(snapshot.pages, owner == Owner::domain ? snapshot.domains : snapshot.profiles, last_,
                      [&](std::string_view name, std::string_view bytes) {
                        if (end && name > *end) {
                          return false;
                        }
                        while (row != rows.end() && row->name < name) {
                          ++row;
                        }
                        if (name == last_ || (row != rows.end() && row->name == name)) {
                          return true;
                        }
                        if (owner == Owner::profile) {
                          lacking_profiles_.emplace_back(name);
                          return true;
                        }
                        const auto record = store::decode_record(name, bytes);
                        const bool is_fading =
                            record && record->kind == store::RecordKind::policy && record->mode == Mode::none;
                        (is_fading ? fading_ : lacking_).emplace_back(name);
                        recent_ += is_fading && record->since + lacking_time > clock_->now() ? 1 : 0;
                        return true;
                      });
  return walked ? Result() : std::unexpected(store::damaged_page(path_, walked.error()));
}

TableSync::Result TableSync::apply(const Gathered& gathered) {
  if (gathered.batch.size() + gathered.removals.size() == 0) {
    return {};
  }
  if (rules_.is_dry) {
    counts_.stored += gathered.batch.size();
    counts_.removed += gathered.removals.size();
    return {};
  }
  auto writer = store::StoreWriter::begin(path_, store::Creation::if_missing, gathered.batch.bytes());
  if (!writer) {
    return std::unexpected(writer.error());
  }
  const auto stored = gathered.batch.store_in(
      *writer, [] {},
      [this](std::size_t, std::string_view name, const store::RecordView& record,
             const store::StoreError& error) {
        refuse_leading(name, record, error);
        return true;
      });
  if (!stored) {
    return std::unexpected(stored.error().error);
  }
  std::size_t removed = 0;
  for (const std::string& domain : gathered.removals) {
    const auto done = writer->remove(Owner::domain, domain, clock_->now());
    if (!done && done.error().code != store::StoreErrorCode::in_use) {  // by aliases that go later
      return std::unexpected(done.error());
    }
    removed += done && *done ? 1 : 0;
  }
  if (stored->changed + removed == 0) {
    return {};
  }
  if (auto committed = writer->commit(); !committed) {
    return committed;
  }
  counts_.stored += stored->changed;
  counts_.removed += removed;
  return {};
}

TableSync::Result TableSync::store_aliases() {
  const store::ImportBatch aliases = std::exchange(aliases_, {});
  if (aliases.size() == 0 || rules_.is_dry) {
    counts_.stored += aliases.size();
    return {};
  }
  auto writer = store::StoreWriter::begin(path_, store::Creation::if_missing, aliases.bytes());
  if (!writer) {
    return std::unexpected(writer.error());
  }
  // One may lead to a domain that is an alias until its own turn: as long as it helps, all are tried again.
  struct Refusal {
    std::string_view name;
    store::RecordView record;
    store::StoreError error;
  };
  std::vector<Refusal> refused;
  std::size_t stored = 0;
  for (std::size_t before = aliases.size() + 1; before > 0;) {
    refused.clear();
    const auto counts = aliases.store_in(
        *writer, [] {},
        [&refused](std::size_t, std::string_view name, const store::RecordView& record,
                   const store::StoreError& error) {
          refused.push_back({.name = name, .record = record, .error = error});
          return true;
        });
    if (!counts) {
      return std::unexpected(counts.error().error);
    }
    stored += counts->changed;
    before = refused.size() < before ? refused.size() : 0;
  }
  for (const Refusal& refusal : refused) {
    refuse_leading(refusal.name, refusal.record, refusal.error);
  }
  counts_.stored += stored;
  return stored == 0 ? Result() : writer->commit();
}

TableSync::Result TableSync::store_rows(std::span<const store::EntryRowView> rows) {
  Gathered gathered;
  for (const store::EntryRowView& row : rows) {
    ++counts_.rows;
    if (const auto entry = reader_.read_row(row)) {
      needs_comparison_ = needs_comparison_ || awaited_.contains(shown(entry->owner, entry->name));
      gather(*entry, gathered, TableChange::put);
    } else {
      refuse_row(row, entry.error().word, entry.error().detail);
    }
  }
  return apply(gathered);
}

TableSync::Result TableSync::decide_withdrawal(const Opened& opened, std::string_view domain,
                                               Gathered& gathered) {
  const auto periods = store::periods_of_domain(*opened.snapshot, domain);
  if (!periods && periods.error().code != store::StoreErrorCode::damaged) {
    return std::unexpected(periods.error());
  }
  // Of what is damaged nobody knows when senders forget it; mode none takes its place.
  const auto next =
      periods ? steps::next_withdrawal(*periods, {}, clock_->now()) : steps::Withdrawal::put_none;
  if (next == steps::Withdrawal::put_none) {
    store::StoreEntry entry;
    entry.name = domain;
    entry.policy = &none_;
    gather(entry, gathered, TableChange::withdraw);
    ++counts_.withdrawn;
  } else if (next == steps::Withdrawal::remove) {
    report_->on_change(TableChange::remove, domain);
    gathered.removals.emplace_back(domain);
  }
  return {};
}

TableSync::Result TableSync::withdraw(std::span<const std::string> domains) {
  while (!domains.empty()) {
    const auto some = domains.first(std::min(domains.size(), withdrawn_at_once));
    domains = domains.subspan(some.size());
    Gathered gathered;
    {
      const auto opened = open();
      if (!opened || !opened->snapshot) {
        return opened ? Result() : std::unexpected(opened.error());
      }
      for (const std::string& domain : some) {
        if (auto decided = decide_withdrawal(*opened, domain, gathered); !decided) {
          return decided;
        }
      }
    }
    if (auto applied = apply(gathered); !applied) {
      return applied;
    }
  }
  return {};
}

std::size_t TableSync::allowed_removals() const {
  const std::size_t allowed = std::max(lacking_limit, stored_ / lacking_share);
  return is_held_ || recent_ >= allowed ? 0 : allowed - recent_;
}

TableSync::Result TableSync::withdraw_lacking() {
  for (std::vector<std::string>* names : {&lacking_, &fading_}) {
    std::erase_if(*names, [this](const std::string& name) { return misspelt_.contains(name); });
  }
  const bool are_too_many = !lacking_.empty() && (!has_domains_ || lacking_.size() > allowed_removals());
  if ((are_too_many && !rules_.may_withdraw_many) || misspelt_.size() > misspelt_limit) {
    is_held_ = true;
    counts_.kept_back = lacking_.size();
    return {};
  }
  recent_ += lacking_.size();
  if (auto withdrawn = withdraw(lacking_); !withdrawn) {
    return withdrawn;
  }
  return withdraw(fading_);
}

// Many statements may delete a few rows each: all of one hour count.
TableSync::Result TableSync::withdraw_gone(std::vector<std::string> domains) {
  if (domains.empty()) {
    return {};
  }
  std::vector<std::string> fading;
  {
    const auto opened = open();
    if (!opened || !opened->snapshot) {
      return opened ? Result() : std::unexpected(opened.error());
    }
    std::erase_if(domains, [&](const std::string& name) {
      const auto found = store::find_domain(*opened->snapshot, name);
      const bool is_fading =
          found && *found && (*found)->kind == store::RecordKind::policy && (*found)->mode == Mode::none;
      if (is_fading) {
        fading.push_back(name);
      }
      return is_fading || (found && !*found) || misspelt_.contains(name);
    });
  }
  if (domains.size() > allowed_removals() || misspelt_.size() > misspelt_limit) {
    is_held_ = true;
    counts_.kept_back += domains.size();
    return {};
  }
  recent_ += domains.size();
  if (auto withdrawn = withdraw(domains); !withdrawn) {
    return withdrawn;
  }
  return withdraw(fading);
}

// Those that a domain still uses stay, as one whose row is refused.
TableSync::Result TableSync::remove_profiles() {
  lacking_profiles_.resize(std::min(lacking_profiles_.size(), profiles_at_once));
  if (lacking_profiles_.empty() || rules_.is_dry || counts_.kept_back > 0) {
    return {};
  }
  auto writer = store::StoreWriter::begin(path_, store::Creation::never, 0);
  if (!writer) {
    return std::unexpected(writer.error());
  }
  std::size_t removed = 0;
  for (const std::string& name : lacking_profiles_) {
    const auto done = writer->remove(Owner::profile, name, clock_->now());
    if (!done && done.error().code != store::StoreErrorCode::in_use) {
      return std::unexpected(done.error());
    }
    removed += done && *done ? 1 : 0;
  }
  counts_.removed += removed;
  return removed == 0 ? Result() : writer->commit();
}

TableSync::Result TableSync::end_changes() {
  misspelt_.clear();
  return store_aliases();
}

TableSync::Result TableSync::end_comparison() {
  // An alias that goes is in the way of its domain's becoming one.
  if (auto withdrawn = withdraw_lacking(); !withdrawn) {
    return withdrawn;
  }
  misspelt_.clear();
  if (auto stored = store_aliases(); !stored) {
    return stored;
  }
  return remove_profiles();
}

SyncCounts TableSync::take_counts() {
  return std::exchange(counts_, {});
}

}  // namespace mta_sts::sync
