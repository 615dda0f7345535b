#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace mta_sts::cli {

/// What tells one file from another, whatever its name, and from what it was before it was written to.
struct InputIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::int64_t modified_seconds = 0;
  std::int64_t modified_nanoseconds = 0;

  bool operator==(const InputIdentity&) const = default;
};

/// Gives it of a regular file; nothing of anything else.
[[nodiscard]] inline std::optional<InputIdentity> identity_from(const struct stat& facts) {
  if (!S_ISREG(facts.st_mode)) {
    return std::nullopt;
  }
  return InputIdentity{.device = facts.st_dev,
                       .inode = facts.st_ino,
                       .bytes = static_cast<std::uint64_t>(facts.st_size),
                       .modified_seconds = facts.st_mtim.tv_sec,
                       .modified_nanoseconds = facts.st_mtim.tv_nsec};
}

/// Reads it; nothing where there is no regular file of that name.
[[nodiscard]] inline std::optional<InputIdentity> identity_of(const std::string& path) {
  struct stat facts{};
  return ::lstat(path.c_str(), &facts) == 0 ? identity_from(facts) : std::nullopt;
}

struct InputIdentityHash {
  std::size_t operator()(const InputIdentity& file) const {
    const std::uint64_t numbers[] = {file.inode, file.bytes,
                                     static_cast<std::uint64_t>(file.modified_seconds),
                                     static_cast<std::uint64_t>(file.modified_nanoseconds)};
    std::uint64_t mixed = file.device;
    for (const std::uint64_t number : numbers) {
      mixed = (mixed ^ number) * 0x9E3779B97F4A7C15U;
      mixed ^= mixed >> 32U;
    }
    return static_cast<std::size_t>(mixed);
  }
};

}  // namespace mta_sts::cli
