#include "tlsrpt/history/text_table.hpp"

namespace mta_sts::tlsrpt {

std::uint64_t TextTable::number_of(std::string_view text) {
  const auto known = numbers_.find(text);
  if (known != numbers_.end()) {
    return known->second;
  }
  constexpr std::size_t entry_bytes = 96;  // of the map, its list and the vector
  const auto added = numbers_.emplace(text, texts_.size()).first;
  texts_.push_back(added->first);
  bytes_ += text.size() + entry_bytes;
  return added->second;
}

void TextTable::clear() {
  numbers_.clear();
  texts_.clear();
  bytes_ = 0;
}

}  // namespace mta_sts::tlsrpt
