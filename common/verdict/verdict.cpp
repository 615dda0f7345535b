#include "verdict/verdict.hpp"

#include "base/enum_names.hpp"

namespace mta_sts {
namespace {

constexpr auto mode_names = enum_names<VerdictMode>({
    {VerdictMode::enforce, "enforce"},
    {VerdictMode::testing, "testing"},
    {VerdictMode::none, "none"},
    {VerdictMode::temp, "temp"},
});

constexpr auto source_names = enum_names<VerdictSource>({
    {VerdictSource::none, "none"},
    {VerdictSource::cache, "cache"},
    {VerdictSource::fetch, "fetch"},
});

}  // namespace

std::string_view to_string(VerdictMode mode) {
  return mode_names[mode];
}

std::optional<VerdictMode> parse_verdict_mode(std::string_view word) {
  return mode_names.parse(word);
}

std::string_view to_string(VerdictSource source) {
  return source_names[source];
}

std::optional<VerdictSource> parse_verdict_source(std::string_view word) {
  return source_names.parse(word);
}

Verdict temp_verdict(std::string_view reason) {
  Verdict verdict;
  verdict.reason = reason;
  return verdict;
}

}  // namespace mta_sts
