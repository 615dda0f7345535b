#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_text.hpp"

namespace mta_sts::cli {

/// What a shell offers for the value of an option or an argument.
enum class Offer : std::uint8_t { nothing, words, files, folders };

Offer offer_of(const OptionText& option);

/// Gives the names of an option: --output, -o.
std::vector<std::string> names_of(const OptionText& option);

/// Gives the command and all below it, each before those below it.
std::vector<const CommandText*> all_of(const CommandText& command);

/// Gives the last word of a command's name.
std::string last_word(const CommandText& command);

std::string join_words(const std::vector<std::string>& words, const std::string& between = " ");

/// Gives `text` with each character of `special` after `before`.
std::string mark(const std::string& text, const std::string& special, const std::string& before);

inline constexpr const char* made_note =
    "# Made by mta-sts-documents from the declarations of the options.\n";

}  // namespace mta_sts::cli
