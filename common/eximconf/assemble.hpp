#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "eximconf/derive.hpp"

namespace mta_sts::eximconf {

/// Gives the output of `exim -bP config` with the three blocks in their places; blocks of ours that are in it
/// already are left out. It is a complete configuration that Exim reads as it reads the files with the
/// blocks.
[[nodiscard]] std::string with_blocks(std::string_view flat, const Derivation& blocks);

/// Gives the text of a configuration file with the three blocks in their places, else untouched; nothing
/// where the file does not hold the beginnings of both sections, once each.
[[nodiscard]] std::optional<std::string> with_blocks_in_file(std::string_view file, const Derivation& blocks);

/// Gives the output of `exim -bP config` with the text of more routers before those that are there.
[[nodiscard]] std::string with_routers_in_front(std::string_view flat, std::string_view routers);

/// Gives the number, from 1, of the first line behind line `after` that begins the named section; for an
/// empty name the line before which the main section ends: the first "begin", or the ".ifdef" that holds it.
/// 0 where there is none.
[[nodiscard]] std::size_t line_of_section(std::string_view file, std::string_view section, std::size_t after);

}  // namespace mta_sts::eximconf
