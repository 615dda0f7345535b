#pragma once

#include <algorithm>
#include <functional>
#include <vector>

namespace mta_sts {

/// Sorts a short list, or one that is nearly in order, by what `key` gives of each; what is equal stays in
/// the order it has. The standard's stable_sort asks for a buffer by functions that are deprecated, which
/// clang refuses with some versions of the library.
template <typename Value, typename Key>
void sort_stably(std::vector<Value>& values, Key key) {
  for (auto at = values.begin(); at != values.end(); ++at) {
    const auto place = std::ranges::upper_bound(values.begin(), at, std::invoke(key, *at), {}, key);
    std::rotate(place, at, at + 1);
  }
}

}  // namespace mta_sts
