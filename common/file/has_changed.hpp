#pragma once

#include <sys/stat.h>

#include <string_view>

namespace mta_sts {

/// What to do about a file that changed while it was read.
inline constexpr std::string_view changing_sentence =
    "the file was changed while it was read; try again, and have it written beside its place and renamed";

/// Tells whether the open file was written to since `before` was made of it, by its size and the time of its
/// last change.
[[nodiscard]] bool has_changed_since(const struct stat& before, int file);

}  // namespace mta_sts
