#pragma once

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts {

/// The user and the one group that a program runs with.
struct RunAs {
  uid_t user = 0;
  gid_t group = 0;
};

/// What a program left: its exit code (128 and the signal's number where one ended it) and what it wrote,
/// each stream cut at 4 MiB.
struct ProgramResult {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

/// Runs a program (words[0] is its path) without a shell, in an environment of its own, with no descriptor
/// but the three standard ones, until it ends; processes that it leaves behind are not waited for. `input` is
/// a file that it has for standard input, so it may leave it unread. Error: the text that says why it could
/// not be started, or that it did not end within `limit` and was killed; the word is the caller's, who knows
/// what the program was for.
[[nodiscard]] std::expected<ProgramResult, std::string> run_program(const std::vector<std::string>& words,
                                                                    std::chrono::seconds limit,
                                                                    std::optional<RunAs> as = std::nullopt,
                                                                    std::string_view input = {});

}  // namespace mta_sts
