#include "sender/store_row.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/domain_name.hpp"
#include "policy/policy.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts {
namespace {

constexpr std::int64_t time_limit_seconds = 253402300799;  // the end of the year 9999
constexpr std::size_t failures_limit = 16;

// FNV-1a with lengths, so that no two ways to divide the octets look alike.
class Sum {
 public:
  void add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    for (const char c : text) {
      add_octet(static_cast<unsigned char>(c));
    }
  }

  void add(std::int64_t number) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      add_octet(static_cast<unsigned char>(static_cast<std::uint64_t>(number) >> shift & 0xFFU));
    }
  }

  [[nodiscard]] std::int64_t value() const { return static_cast<std::int64_t>(value_); }

 private:
  void add_octet(unsigned char octet) { value_ = (value_ ^ octet) * 0x100000001b3ULL; }

  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

bool is_time(std::int64_t seconds) {
  return seconds >= 0 && seconds <= time_limit_seconds;
}

std::chrono::sys_seconds to_time(std::int64_t seconds) {
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

std::optional<FailedFetch> parse_failure(std::string_view line) {
  text::Cursor cursor(line);
  FailedFetch failure;
  failure.id = cursor.take_while(ascii::is_alnum, 33);
  const bool first = cursor.take(' ');
  const std::string_view digits = cursor.take_while(ascii::is_digit, 12);
  const bool second = cursor.take(' ');
  failure.word =
      cursor.take_while([](char c) { return ascii::is_lower(c) || ascii::is_digit(c) || c == '-'; }, 64);
  std::int64_t at = 0;
  for (const char digit : digits) {
    at = at * 10 + (digit - '0');
  }
  if (!is_policy_id(failure.id) || !first || !second || digits.empty() || !is_time(at) ||
      failure.word.empty() || !cursor.at_end()) {
    return std::nullopt;
  }
  failure.at = to_time(at);
  return failure;
}

}  // namespace

std::int64_t row_sum(const StoreRow& row) {
  Sum sum;
  sum.add(row.domain);
  sum.add(row.id);
  sum.add(row.body);
  sum.add(row.fetched);
  sum.add(row.failures);
  sum.add(row.failed_refreshes);
  return sum.value();
}

std::optional<StoredEntry> read_store_row(const StoreRow& row) {
  if (row.domain.size() > domain_name_limit_bytes || row.body.size() > policy_limit_bytes ||
      row_sum(row) != row.sum) {
    return std::nullopt;
  }
  const auto domain = DomainName::parse(row.domain);
  auto failures = parse_failures(row.failures);
  if (!domain || domain->text() != row.domain || !failures || !is_time(row.used) ||
      row.failed_refreshes < 0 || row.failed_refreshes > UINT32_MAX) {
    return std::nullopt;
  }
  StoredEntry entry;
  entry.domain = row.domain;
  entry.failures = *std::move(failures);
  entry.used = to_time(row.used);
  entry.failed_refreshes = static_cast<std::uint32_t>(row.failed_refreshes);
  if (!row.id.empty()) {
    if (!is_policy_id(row.id) || !is_time(row.fetched)) {
      return std::nullopt;
    }
    entry.policy = StoredEntry::Policy{
        .id = std::string(row.id), .body = std::string(row.body), .fetched = to_time(row.fetched)};
  }
  return entry;
}

std::string render_failures(const std::vector<FailedFetch>& failures) {
  std::string text;
  for (const FailedFetch& failure : failures) {
    text += text.empty() ? "" : "\n";
    text += failure.id + " " + std::to_string(failure.at.time_since_epoch().count()) + " " + failure.word;
  }
  return text;
}

std::optional<std::vector<FailedFetch>> parse_failures(std::string_view text) {
  std::vector<FailedFetch> failures;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    auto failure = parse_failure(text.substr(begin, end - begin));
    if (!failure || failures.size() >= failures_limit || end + 1 == text.size()) {
      return std::nullopt;
    }
    failures.push_back(*std::move(failure));
    begin = end + 1;
  }
  return failures;
}

}  // namespace mta_sts
