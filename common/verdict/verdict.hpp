#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts {

/// What a sender does with mail for a Policy Domain. `temp`: nothing is known now; defer, never guess (P6).
enum class VerdictMode : std::uint8_t { enforce, testing, none, temp };

[[nodiscard]] std::string_view to_string(VerdictMode mode);
[[nodiscard]] std::optional<VerdictMode> parse_verdict_mode(std::string_view word);

/// Where the policy behind a verdict came from: kept from before, fetched just now, or there is none.
enum class VerdictSource : std::uint8_t { none, cache, fetch };

[[nodiscard]] std::string_view to_string(VerdictSource source);
[[nodiscard]] std::optional<VerdictSource> parse_verdict_source(std::string_view word);

/// The answer of the sender's half for one Policy Domain.
struct Verdict {
  VerdictMode mode = VerdictMode::temp;
  std::string id{};               ///< the policy's TXT id; empty without a policy
  std::vector<std::string> mx{};  ///< the policy's patterns, lower case; empty without a policy
  VerdictSource source = VerdictSource::none;
  std::optional<std::chrono::sys_seconds> expires{};  ///< the last second in which the policy is live (P30)
  std::chrono::seconds max_age{0};                    ///< the policy's; not on the verdict line
  std::string reason{};  ///< a word of docs/errors.md; empty where nothing needs a reason

  bool operator==(const Verdict&) const = default;
};

/// Gives a verdict that defers, for the reason given.
[[nodiscard]] Verdict temp_verdict(std::string_view reason);

}  // namespace mta_sts
