#include "publish/policy_id.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "digest/digest.hpp"

namespace mta_sts::publish {
namespace {

constexpr std::size_t id_digits = 20;

// The hash's input. Every text is preceded by its length and every set by its size, so that no two policies
// give the same bytes.
class Canonical {
 public:
  void add_number(std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes_ += static_cast<char>((number >> shift) & 0xFF);
    }
  }
  void add_text(std::string_view text) {
    add_number(text.size());
    bytes_ += text;
  }
  void add_set(std::vector<std::string> texts) {
    std::ranges::sort(texts);
    const auto repeated = std::ranges::unique(texts);
    texts.erase(repeated.begin(), repeated.end());
    add_number(texts.size());
    for (const std::string& text : texts) {
      add_text(text);
    }
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::string_view take_digits(std::string_view& text) {
  text::Cursor cursor(text);
  cursor.take_while([](char c) { return c == '0'; });
  const std::string_view digits = cursor.take_while(ascii::is_digit);
  text = cursor.rest();
  return digits;
}

// The order in which people write mx lines: hosts before wildcards, mx2 before mx10.
bool stands_before(std::string_view a, std::string_view b) {
  if (a.starts_with('*') != b.starts_with('*')) {
    return b.starts_with('*');
  }
  std::string_view x = a;
  std::string_view y = b;
  while (!x.empty() && !y.empty()) {
    if (ascii::is_digit(x.front()) && ascii::is_digit(y.front())) {
      const std::string_view m = take_digits(x);
      const std::string_view n = take_digits(y);
      if (m != n) {
        return m.size() != n.size() ? m.size() < n.size() : m < n;
      }
    } else if (x.front() != y.front()) {
      return x.front() < y.front();
    } else {
      x.remove_prefix(1);
      y.remove_prefix(1);
    }
  }
  return x.empty() != y.empty() ? x.empty() : a < b;  // mx1 and mx01 are two names
}

}  // namespace

std::string policy_id(const Policy& policy, std::uint32_t serial) {
  Canonical canonical;
  canonical.add_text("mta-sts-policy-id-1");  // a change of this layout changes every id: number it
  canonical.add_text(to_string(policy.mode));
  canonical.add_number(policy.max_age_seconds);
  std::vector<std::string> mx;
  mx.reserve(policy.mx.size());
  for (const std::string& pattern : policy.mx) {
    mx.push_back(ascii::to_lower(pattern));
  }
  canonical.add_set(std::move(mx));
  std::vector<std::string> extensions;
  extensions.reserve(policy.extensions.size());
  for (const PolicyExtension& extension : policy.extensions) {
    Canonical pair;
    pair.add_text(extension.name);
    pair.add_text(extension.value);
    extensions.push_back(pair.bytes());
  }
  canonical.add_set(std::move(extensions));
  canonical.add_number(serial);
  return sha256_hex(canonical.bytes()).substr(0, id_digits);
}

Policy canonical_policy(Policy policy) {
  for (std::string& pattern : policy.mx) {
    pattern = ascii::to_lower(pattern);
  }
  std::ranges::sort(policy.mx, stands_before);
  const auto repeated = std::ranges::unique(policy.mx);
  policy.mx.erase(repeated.begin(), repeated.end());
  return policy;
}

}  // namespace mta_sts::publish
