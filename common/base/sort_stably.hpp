#pragma once

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace mta_sts {

/// Sorts by what `key` gives of each; what is equal stays in the order it has. The standard's stable_sort
/// asks for a buffer by functions that are deprecated, which clang refuses with some versions of the library.
template <typename Value, typename Key>
void sort_stably(std::vector<Value>& values, Key key) {
  using Rank = std::pair<std::remove_cvref_t<std::invoke_result_t<Key, const Value&>>, std::size_t>;
  std::vector<Rank> order;
  order.reserve(values.size());
  for (const Value& value : values) {
    order.emplace_back(std::invoke(key, value), order.size());
  }
  std::ranges::sort(order);
  std::vector<Value> sorted;
  sorted.reserve(values.size());
  for (const Rank& rank : order) {
    sorted.push_back(std::move(values[rank.second]));
  }
  values = std::move(sorted);
}

}  // namespace mta_sts
