#pragma once

#include <expected>
#include <functional>
#include <string_view>

#include "store/pages.hpp"

namespace mta_sts::store {

/// Takes an entry of a tree; false ends the walk.
using VisitEntry = std::function<bool(std::string_view key, std::string_view value)>;

/// Visits the entries of a tree in the order of their keys, from the first that is not before `from`. A
/// damaged tree is left at its first fault, and no page is walked more often than there are pages.
[[nodiscard]] std::expected<void, PageFault> for_each(const Pages& pages, const TreeRoot& tree,
                                                      std::string_view from, const VisitEntry& visit);

}  // namespace mta_sts::store
