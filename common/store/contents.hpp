#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string_view>

#include "store/pages.hpp"
#include "store/reader.hpp"
#include "store/record.hpp"

namespace mta_sts::store {

/// The names of the trees in the file.
inline constexpr std::string_view domain_tree = "domain";
inline constexpr std::string_view profile_tree = "profile";
inline constexpr std::string_view former_tree = "former";
inline constexpr std::string_view alias_tree = "alias";

/// Finds the record of a domain in lower case, or of a profile; nothing where there is none. Error: damaged.
[[nodiscard]] std::expected<std::optional<RecordView>, StoreError> find_domain(const SnapshotView& snapshot,
                                                                               std::string_view domain);
[[nodiscard]] std::expected<std::optional<RecordView>, StoreError> find_profile(const SnapshotView& snapshot,
                                                                                std::string_view name);

/// Takes a record and its key; false ends the visit.
using VisitRecord = std::function<bool(std::string_view key, const RecordView& record)>;

/// Visits every record of a tree in the order of its keys. Error: damaged, after some were visited.
[[nodiscard]] std::expected<void, StoreError> for_each_record(const SnapshotView& snapshot,
                                                              const TreeRoot& tree, const VisitRecord& visit);

/// The error of a record that does not hold, and of a page that does not.
[[nodiscard]] StoreError damaged_record(const SnapshotView& snapshot, std::string_view key);
[[nodiscard]] StoreError damaged_page(std::string_view path, const PageFault& fault);

}  // namespace mta_sts::store
