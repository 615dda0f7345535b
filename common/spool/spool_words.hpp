#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "spool/spool.hpp"

namespace mta_sts::spool {

/// What one `mta_sts_reports …;` or `MtaStsReports …` line says.
struct SpoolWords {
  std::string folder;  ///< as written, the host makes it absolute
  SpoolLimits limits;
};

/// Reads `PATH [max_size=N] [max_files=N] [max_bytes=N]`, the same for every server; a size may end in k, m
/// or g. Words are any bytes. The error is one line for the host's log: a kebab-case word, the word at fault
/// in quotes, what is allowed.
[[nodiscard]] std::expected<SpoolWords, std::string> parse_spool_words(
    std::span<const std::string_view> words);

}  // namespace mta_sts::spool
