#include "store/lines/import_batch.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace mta_sts::store {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20U;

}  // namespace

char* ImportBatch::room_for(std::size_t bytes) {
  if (chunk_left_ < bytes) {
    chunk_left_ = std::max(chunk_bytes, bytes);
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_left_));
    chunk_at_ = chunks_.back().get();
  }
  char* room = chunk_at_;
  chunk_at_ += bytes;
  chunk_left_ -= bytes;
  return room;
}

RecordView record_of(const StoreEntry& entry, std::chrono::sys_seconds since) {
  if (entry.kind == RecordKind::policy) {
    return record_of(*entry.policy, entry.serial, since);
  }
  RecordView record;
  record.kind = entry.kind;
  record.since = since;
  record.text = entry.target;
  return record;
}

void ImportBatch::add(const StoreEntry& entry, std::size_t line, std::chrono::sys_seconds now) {
  const std::string encoded = encode_record(entry.name, record_of(entry, now));
  char* room = room_for(entry.name.size() + encoded.size());
  entry.name.copy(room, entry.name.size());
  encoded.copy(room + entry.name.size(), encoded.size());
  bytes_ += entry.name.size() + encoded.size();
  auto& items = entry.owner == Owner::profile     ? profiles_
                : entry.kind == RecordKind::alias ? aliases_
                                                  : domains_;
  items.push_back({.bytes = room,
                   .record_bytes = static_cast<std::uint32_t>(encoded.size()),
                   .line = static_cast<std::uint32_t>(line),
                   .name_bytes = static_cast<std::uint16_t>(entry.name.size())});
}

std::size_t ImportBatch::size() const {
  return profiles_.size() + domains_.size() + aliases_.size();
}

std::optional<ImportBatch::Repetition> ImportBatch::sort() {
  const auto before = [](const Item& a, const Item& b) {
    const int order = a.name().compare(b.name());
    return order != 0 ? order < 0 : a.line < b.line;
  };
  std::optional<Repetition> found;
  const auto note = [&found](const Item& a, const Item& b) {
    const auto [first, second] = std::minmax(a.line, b.line);
    if (!found || second < found->second) {
      found = Repetition{.first = first, .second = second, .name = a.name()};
    }
  };
  for (std::vector<Item>* items : {&profiles_, &domains_, &aliases_}) {
    std::ranges::sort(*items, before);
    for (std::size_t at = 1; at < items->size(); ++at) {
      if ((*items)[at].name() == (*items)[at - 1].name()) {
        note((*items)[at - 1], (*items)[at]);
      }
    }
  }
  for (const Item& alias : aliases_) {
    const auto domain = std::ranges::lower_bound(domains_, alias.name(), {}, &Item::name);
    if (domain != domains_.end() && domain->name() == alias.name()) {
      note(*domain, alias);
    }
  }
  return found;
}

std::expected<StoredCounts, ImportFault> ImportBatch::store_in(StoreWriter& writer,
                                                               const std::function<void()>& step,
                                                               const PassOver& pass_over) const {
  StoredCounts counts;
  for (const auto& [owner, items] :
       {std::pair{Owner::profile, &profiles_}, std::pair{Owner::domain, &domains_},
        std::pair{Owner::domain, &aliases_}}) {
    for (const Item& item : *items) {
      const auto record = decode_record(item.name(), item.record());
      if (!record) {
        return std::unexpected(
            ImportFault{.line = item.line,
                        .error = {StoreErrorCode::damaged, "what was read of the line changed in memory"}});
      }
      const auto changed = writer.put(owner, item.name(), *record);
      if (!changed) {
        const StoreErrorCode code = changed.error().code;
        const bool is_of_line = code == StoreErrorCode::no_domain || code == StoreErrorCode::no_profile ||
                                code == StoreErrorCode::alias_of_alias || code == StoreErrorCode::in_use;
        if (is_of_line && pass_over(item.line, item.name(), *record, changed.error())) {
          continue;
        }
        return std::unexpected(ImportFault{.line = is_of_line ? item.line : 0, .error = changed.error()});
      }
      ++(*changed ? counts.changed : counts.unchanged);
      step();
    }
  }
  return counts;
}

}  // namespace mta_sts::store
