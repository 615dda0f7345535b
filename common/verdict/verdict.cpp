#include "verdict/verdict.hpp"

#include <array>

namespace mta_sts {
namespace {

template <typename Value, std::size_t size>
std::optional<Value> find_word(const std::array<Value, size>& values, std::string_view word) {
  for (const Value value : values) {
    if (to_string(value) == word) {
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(VerdictMode mode) {
  switch (mode) {
    case VerdictMode::enforce:
      return "enforce";
    case VerdictMode::testing:
      return "testing";
    case VerdictMode::none:
      return "none";
    case VerdictMode::temp:
      return "temp";
  }
  return "temp";
}

std::optional<VerdictMode> parse_verdict_mode(std::string_view word) {
  constexpr std::array modes{VerdictMode::enforce, VerdictMode::testing, VerdictMode::none,
                             VerdictMode::temp};
  return find_word(modes, word);
}

std::string_view to_string(VerdictSource source) {
  switch (source) {
    case VerdictSource::none:
      return "none";
    case VerdictSource::cache:
      return "cache";
    case VerdictSource::fetch:
      return "fetch";
  }
  return "none";
}

std::optional<VerdictSource> parse_verdict_source(std::string_view word) {
  constexpr std::array sources{VerdictSource::none, VerdictSource::cache, VerdictSource::fetch};
  return find_word(sources, word);
}

Verdict temp_verdict(std::string_view reason) {
  Verdict verdict;
  verdict.reason = reason;
  return verdict;
}

}  // namespace mta_sts
