#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// Gives pointers to the entries of a table that come first by `before(value, value)`, `limit` of them, ties
/// by name.
template <typename Table, typename Before>
[[nodiscard]] std::vector<std::pair<const typename Table::key_type*, const typename Table::mapped_type*>>
ranked(const Table& table, std::size_t limit, Before before) {
  std::vector<std::pair<const typename Table::key_type*, const typename Table::mapped_type*>> entries;
  entries.reserve(table.size());
  for (const auto& [name, value] : table) {
    entries.emplace_back(&name, &value);
  }
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(std::min(limit, entries.size()));
  std::partial_sort(entries.begin(), middle, entries.end(), [&](const auto& a, const auto& b) {
    return before(*a.second, *b.second) || (!before(*b.second, *a.second) && *a.first < *b.first);
  });
  entries.erase(middle, entries.end());
  return entries;
}

/// The entries with the most failures first.
template <typename Table>
[[nodiscard]] auto most(const Table& table, std::size_t limit) {
  return ranked(table, limit, [](const Failures& a, const Failures& b) { return a.count > b.count; });
}

/// The entries with the most failed sessions first, then those with the most sessions.
template <typename Table>
[[nodiscard]] auto worst(const Table& table, std::size_t limit) {
  return ranked(table, limit, [](const Sessions& a, const Sessions& b) {
    return a.failure != b.failure ? a.failure > b.failure : a.success > b.success;
  });
}

}  // namespace mta_sts::tlsrpt
