#include "spool/spool_words.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "base/number.hpp"
#include "base/utf8.hpp"

namespace mta_sts::spool {
namespace {

constexpr std::size_t shown_bytes = 300;  // a host cuts its error lines at about 1 KiB
constexpr std::string_view allowed_words =
    "allowed are PATH of a folder, then max_size=SIZE (of one report, 1k to 10m), max_files=N (1 to 1000000) "
    "and max_bytes=SIZE (1k to 1024g); a SIZE may end in k, m or g";

constexpr std::uint64_t kibi = 1024;

std::unexpected<std::string> refuse(std::string_view code, std::string_view word) {
  return std::unexpected(std::string(code) + " " + text::quote_for_display(word, shown_bytes) + ": " +
                         std::string(allowed_words));
}

// N, Nk, Nm or Ng.
std::optional<std::uint64_t> read_size(std::string_view value) {
  std::uint64_t unit = 1;
  if (value.ends_with('k')) {
    unit = kibi;
  } else if (value.ends_with('m')) {
    unit = kibi * kibi;
  } else if (value.ends_with('g')) {
    unit = kibi * kibi * kibi;
  }
  value.remove_suffix(unit > 1 ? 1 : 0);
  const auto count = text::parse_decimal(value, UINT64_MAX / unit);
  return count ? std::optional(*count * unit) : std::nullopt;
}

struct Limit {
  std::string_view key;
  bool is_size;
  std::uint64_t least;
  std::uint64_t most;
  std::optional<std::uint64_t> value = std::nullopt;
};

}  // namespace

std::expected<SpoolWords, std::string> parse_spool_words(std::span<const std::string_view> words) {
  if (words.empty()) {
    return std::unexpected("no-words: no word follows; " + std::string(allowed_words));
  }
  if (words[0].empty() || words[0].find('\0') != std::string_view::npos) {
    return refuse("bad-path", words[0]);
  }
  SpoolWords read{.folder = std::string(words[0]), .limits = {}};
  std::array<Limit, 3> limits{{
      {"max_size=", true, kibi, 10 * kibi * kibi},
      {"max_files=", false, 1, 1'000'000},
      {"max_bytes=", true, kibi, 1024 * kibi * kibi * kibi},
  }};
  for (const std::string_view word : words.subspan(1)) {
    Limit* known = nullptr;
    for (Limit& limit : limits) {
      known = word.starts_with(limit.key) ? &limit : known;
    }
    if (known == nullptr) {
      return refuse("unknown-word", word);
    }
    if (known->value) {
      return refuse("repeated-word", word);
    }
    const std::string_view value = word.substr(known->key.size());
    known->value = known->is_size ? read_size(value) : text::parse_decimal(value, known->most);
    if (!known->value || *known->value < known->least || *known->value > known->most) {
      return refuse("bad-limit", word);
    }
  }
  read.limits.report_bytes = limits[0].value.value_or(read.limits.report_bytes);
  read.limits.files = limits[1].value.value_or(read.limits.files);
  read.limits.bytes = limits[2].value.value_or(read.limits.bytes);
  return read;
}

}  // namespace mta_sts::spool
