#include "sender/cached_policy.hpp"

#include <algorithm>

namespace mta_sts {

VerdictMode to_verdict_mode(Mode mode) {
  switch (mode) {
    case Mode::enforce:
      return VerdictMode::enforce;
    case Mode::testing:
      return VerdictMode::testing;
    case Mode::none:
      break;
  }
  return VerdictMode::none;
}

CachedPolicy::CachedPolicy(std::string_view id, const Policy& policy, std::chrono::sys_seconds fetched)
    : text_(id),
      fetched_(fetched),
      max_age_seconds_(static_cast<std::uint32_t>(policy.max_age_used().count())),
      id_length_(static_cast<std::uint8_t>(id.size())),
      mode_(policy.mode) {
  if (mode_ != Mode::none) {  // nobody asks for the patterns of a policy that asks for nothing
    for (const std::string& pattern : policy.mx) {
      text_ += '\n';
      text_ += pattern;
    }
  }
  text_.shrink_to_fit();
}

std::vector<std::string> CachedPolicy::mx() const {
  std::vector<std::string> patterns;
  for (std::size_t at = id_length_; at < text_.size();) {
    const std::size_t end = std::min(text_.find('\n', at + 1), text_.size());
    patterns.emplace_back(text_, at + 1, end - at - 1);
    at = end;
  }
  return patterns;
}

std::chrono::sys_seconds CachedPolicy::refresh_due() const {
  return fetched_ + std::min<std::chrono::seconds>(std::chrono::days(1), max_age() / 2);
}

Verdict CachedPolicy::to_verdict(VerdictSource source) const {
  Verdict verdict;
  verdict.mode = to_verdict_mode(mode_);
  verdict.id = id();
  verdict.mx = mx();
  verdict.source = source;
  verdict.expires = expires();
  verdict.max_age = max_age();
  return verdict;
}

}  // namespace mta_sts
