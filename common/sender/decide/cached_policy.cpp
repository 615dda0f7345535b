#include "sender/decide/cached_policy.hpp"

#include <algorithm>
#include <cstring>

namespace mta_sts::sender {

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
  if (shed_) {
    return patterns;
  }
  for (std::size_t at = id_length_; at < text_.size();) {
    const std::size_t end = std::min(text_.find('\n', at + 1), text_.size());
    patterns.emplace_back(text_, at + 1, end - at - 1);
    at = end;
  }
  return patterns;
}

// FNV-1a: tells a change, and need not hold against whoever wants to hide one (he could keep the id as well).
std::uint64_t CachedPolicy::patterns_digest() const {
  std::uint64_t digest = 0xcbf29ce484222325ULL;
  if (shed_) {
    std::memcpy(&digest, text_.data() + id_length_, sizeof digest);
    return digest;
  }
  for (const char c : std::string_view(text_).substr(id_length_)) {
    digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return digest;
}

void CachedPolicy::shed_patterns() {
  if (shed_) {
    return;
  }
  const std::uint64_t digest = patterns_digest();
  text_.resize(id_length_ + sizeof digest);
  std::memcpy(text_.data() + id_length_, &digest, sizeof digest);
  text_.shrink_to_fit();
  shed_ = true;
}

bool CachedPolicy::is_same(const CachedPolicy& other) const {
  return id() == other.id() && mode_ == other.mode_ && patterns_digest() == other.patterns_digest();
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

}  // namespace mta_sts::sender
