#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "publish/directive.hpp"
#include "publish/published_policy.hpp"

namespace mta_sts::cli {

/// A policy made of the words of the command line, or why there is none.
struct PolicyFromWords {
  std::optional<publish::PublishedPolicy> policy;
  ExitCode exit_code = ExitCode::ok;
  std::uint32_t serial = 0;  ///< of the words
};

/// A policy that words made; its warnings include those of the words.
struct MadePolicy {
  publish::PublishedPolicy policy;
  std::uint32_t serial = 0;
};

/// Why words make no policy: wrong words and an unreadable file are wrong_use, a file whose policy is at
/// fault is at_fault.
struct WordsFault {
  std::string_view word;  ///< kebab-case, of docs/errors.md
  std::string detail;     ///< safe to show
  ExitCode exit_code = ExitCode::wrong_use;
};

/// Reads the words of a web server's directive and gives the policy they publish; `file=PATH` is read here.
[[nodiscard]] std::expected<MadePolicy, WordsFault> make_policy(const std::vector<std::string>& words);

/// The same, where warnings and errors go to `output`.
[[nodiscard]] PolicyFromWords policy_from_words(Output& output, const std::vector<std::string>& words);

/// Says on standard error what is wrong with words of a directive.
void show_error(Output& output, const publish::DirectiveError& error);

}  // namespace mta_sts::cli
