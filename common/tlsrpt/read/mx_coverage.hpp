#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace mta_sts::tlsrpt {

/// A report's policy has at most this many patterns; of one with more, no host is said to be outside.
inline constexpr std::size_t mx_pattern_limit = 10'000;

/// Adds the patterns in one text of a report's mx-host to `patterns`: several with commas or blanks between
/// them, with "mx:" in front. True where it is one pattern alone, as RFC 8460 section 4.4 has it.
[[nodiscard]] bool split_mx_patterns(std::string_view text, std::vector<std::string>& patterns);

/// What the mx patterns of a report's policy cover, in whatever form a sender writes them.
class MxCoverage {
 public:
  /// Reads patterns: names and "*." (one label, RFC 8461 section 4.1) in A-labels or U-labels, and ".name"
  /// (any labels, as Postfix has it).
  explicit MxCoverage(std::span<const std::string> patterns);

  /// Tells whether surely no pattern covers the host, which may have a port behind it and brackets around it.
  /// False where a pattern or the host cannot be read.
  [[nodiscard]] bool leaves_out(std::string_view host) const;

 private:
  void add(std::string_view pattern);

  bool is_readable_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> parents_;  // behind "*."
  std::unordered_set<std::string> domains_;  // behind "."
};

}  // namespace mta_sts::tlsrpt
