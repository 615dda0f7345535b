#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace mta_sts {

/// A value of an enum and the word for it.
template <typename Enum>
struct EnumName {
  Enum value;
  std::string_view word;
};

/// The words of an enum in one table, for both ways. Made by enum_names().
template <typename Enum, std::size_t size>
class EnumNames {
 public:
  explicit consteval EnumNames(const std::array<EnumName<Enum>, size>& names) : names_(names) {}

  /// Gives the word; none for a number that is no enumerator.
  [[nodiscard]] constexpr std::string_view operator[](Enum value) const noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < size ? names_[index].word : std::string_view();
  }

  /// Gives the value that a word stands for, nothing for any other word.
  [[nodiscard]] constexpr std::optional<Enum> parse(std::string_view word) const noexcept {
    for (const EnumName<Enum>& name : names_) {
      if (name.word == word) {
        return name.value;
      }
    }
    return std::nullopt;
  }

 private:
  std::array<EnumName<Enum>, size> names_;
};

/// Tells whether a value has an enumerator: the compiler spells any other one as a cast, "(Mode)3".
template <auto value>
[[nodiscard]] consteval bool is_enumerator() {
  return std::string_view(__PRETTY_FUNCTION__).find("value = (") == std::string_view::npos;
}

/// Makes the table of an enum whose values are 0, 1, 2 … Every enumerator stands in it, in the enum's order:
/// anything else does not compile, as a switch without a case would not.
template <typename Enum, std::size_t size>
[[nodiscard]] consteval EnumNames<Enum, size> enum_names(const EnumName<Enum> (&names)[size]) {
  static_assert(!is_enumerator<static_cast<Enum>(size)>(), "an enumerator has no word");
  for (std::size_t index = 0; index < size; ++index) {
    if (static_cast<std::size_t>(names[index].value) != index) {
      throw "the words are not in the order of the enum";
    }
  }
  return EnumNames<Enum, size>(std::to_array(names));
}

}  // namespace mta_sts
