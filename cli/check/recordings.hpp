#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "check/facts.hpp"
#include "cli/check/check_target.hpp"

namespace mta_sts::cli {

/// Gives the files that `--replay PLACE` means: those of `targets` in a folder, in their order, or without
/// any all recordings (DOMAIN.json) in it, by name; a file is itself. Error: usage-error where targets are
/// given beside a file, or a folder has no recording; input-unreadable.
[[nodiscard]] std::expected<std::vector<std::string>, Fault> recordings_of(
    const std::string& place, const std::vector<CheckTarget>& targets);

/// Reads one recording. Error: input-unreadable, or as check::parse_facts, with the file's name; a recording
/// of something that is no domain is one that cannot be read.
[[nodiscard]] std::expected<check::Facts, Fault> read_recording(const std::string& path);

}  // namespace mta_sts::cli
