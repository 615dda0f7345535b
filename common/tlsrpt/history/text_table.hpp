#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mta_sts::tlsrpt {

/// Keeps each text once and gives it a number, from 0 in the order they come.
class TextTable {
 public:
  [[nodiscard]] std::uint64_t number_of(std::string_view text);

  /// The view holds until clear().
  [[nodiscard]] std::string_view text(std::uint64_t number) const { return texts_.at(number); }

  /// Gives the memory that the texts take, about.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  void clear();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::string_view> texts_;  // of the keys, which stay where they are
  std::size_t bytes_ = 0;
};

}  // namespace mta_sts::tlsrpt
