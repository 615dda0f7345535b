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

/// Reads one recording, at most 64 MiB. Error: input-unreadable, or as check::parse_facts, with the file's
/// name. Its domain is as the file has it: the caller looks whether it is one.
[[nodiscard]] std::expected<check::Facts, Fault> read_recording(const std::string& path);

/// Replaces the recording of the facts' domain in a folder, whole. Error: as write_file.
[[nodiscard]] std::expected<void, Fault> write_recording(const std::string& folder,
                                                         const check::Facts& facts);

}  // namespace mta_sts::cli
