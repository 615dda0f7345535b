#include "store/periods.hpp"

#include <algorithm>

#include "store/contents.hpp"
#include "store/former_key.hpp"
#include "store/walk.hpp"

namespace mta_sts::store {
namespace {

using Periods = std::expected<std::vector<ServedPeriod>, StoreError>;

/// A record and when it was in force.
struct Reign {
  RecordView record;
  std::optional<std::chrono::sys_seconds> until;
};

std::expected<std::vector<Reign>, StoreError> reigns_of(const SnapshotView& snapshot, Owner owner,
                                                        std::string_view name) {
  std::vector<Reign> reigns;
  std::optional<StoreError> error;
  const std::string prefix = former_prefix(owner, name);
  const auto walked =
      for_each(snapshot.pages, snapshot.former, prefix, [&](std::string_view key, std::string_view value) {
        if (!key.starts_with(prefix)) {
          return false;
        }
        const auto former = decode_former(key, name, value);
        if (!former) {
          error = damaged_record(snapshot, name);
          return false;
        }
        reigns.push_back({former->record, former->until});
        return true;
      });
  if (!walked || error) {
    return std::unexpected(error ? *std::move(error) : damaged_page(snapshot.path, walked.error()));
  }
  const auto present = owner == Owner::domain ? find_domain(snapshot, name) : find_profile(snapshot, name);
  if (!present) {
    return std::unexpected(present.error());
  }
  if (*present) {
    reigns.push_back({**present, std::nullopt});
  }
  return reigns;
}

// What another name served, as far as it was in force here.
void add_meanwhile(std::vector<ServedPeriod>& periods, std::vector<ServedPeriod> others, const Reign& reign) {
  for (ServedPeriod& other : others) {
    other.since = std::max(other.since, reign.record.since);
    if (reign.until) {
      other.until = std::min(other.until.value_or(*reign.until), *reign.until);
    }
    if (!other.until || other.since < *other.until) {
      other.through = reign.record.text;
      periods.push_back(std::move(other));
    }
  }
}

// `depth` counts the names that were followed: an alias leads to a domain, that to a profile, and no further.
Periods periods_of(const SnapshotView& snapshot, Owner owner, std::string_view name, int depth) {
  constexpr int depth_limit = 3;
  const auto reigns = reigns_of(snapshot, owner, name);
  if (!reigns) {
    return std::unexpected(reigns.error());
  }
  std::vector<ServedPeriod> periods;
  for (const Reign& reign : *reigns) {
    const RecordView& record = reign.record;
    if (record.kind == RecordKind::policy) {
      periods.push_back({.since = record.since,
                         .until = reign.until,
                         .through = {},
                         .mode = record.mode,
                         .max_age_seconds = record.max_age_seconds,
                         .serial = record.serial,
                         .id = std::string(record.id),
                         .body = std::string(record.text)});
    } else if (depth < depth_limit) {
      auto others = periods_of(snapshot, record.kind == RecordKind::profile ? Owner::profile : Owner::domain,
                               record.text, depth + 1);
      if (!others) {
        return others;
      }
      add_meanwhile(periods, *std::move(others), reign);
    }
  }
  return periods;
}

}  // namespace

Periods periods_of_domain(const SnapshotView& snapshot, std::string_view domain) {
  return periods_of(snapshot, Owner::domain, domain, 0);
}

Periods periods_of_profile(const SnapshotView& snapshot, std::string_view name) {
  return periods_of(snapshot, Owner::profile, name, 0);
}

}  // namespace mta_sts::store
