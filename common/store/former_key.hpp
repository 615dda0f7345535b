#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::store {

/// The two kinds of names that have a history.
enum class Owner : char { domain = 'd', profile = 'p' };

/// Gives what the keys of a name's former records begin with.
[[nodiscard]] std::string former_prefix(Owner owner, std::string_view name);

/// Gives the key of the former record with this number, from 0 in the order of time.
[[nodiscard]] std::string former_key(Owner owner, std::string_view name, std::uint32_t number);

/// A key of a former record, taken apart; `name` views it.
struct FormerKeyView {
  Owner owner = Owner::domain;
  std::string_view name;
  std::uint32_t number = 0;
};

/// Takes a key apart; nothing where it is none.
[[nodiscard]] std::optional<FormerKeyView> parse_former_key(std::string_view key);

}  // namespace mta_sts::store
