#include "sender/store/store_row.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/domain_name.hpp"
#include "os/ip_address.hpp"
#include "policy/policy.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::int64_t time_limit_seconds = 253402300799;  // the end of the year 9999
constexpr std::size_t failures_limit = 16;
constexpr std::string_view seen_word = "txt-seen ";
constexpr std::string_view failing_word = "txt-failing ";

// FNV-1a with lengths, so that no two ways to divide the bytes look alike.
class Sum {
 public:
  void add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    for (const char c : text) {
      add_byte(static_cast<unsigned char>(c));
    }
  }

  void add(std::int64_t number) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      add_byte(static_cast<unsigned char>(static_cast<std::uint64_t>(number) >> shift & 0xFFU));
    }
  }

  [[nodiscard]] std::int64_t value() const { return static_cast<std::int64_t>(value_); }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }

  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

bool is_time(std::int64_t seconds) {
  return seconds >= 0 && seconds <= time_limit_seconds;
}

std::chrono::sys_seconds to_time(std::int64_t seconds) {
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

std::optional<std::chrono::sys_seconds> parse_time(text::Cursor& cursor) {
  const std::string_view digits = cursor.take_while(ascii::is_digit, 12);
  std::int64_t at = 0;
  for (const char digit : digits) {
    at = at * 10 + (digit - '0');
  }
  return digits.empty() || !is_time(at) ? std::nullopt : std::optional(to_time(at));
}

std::string render_time(std::chrono::sys_seconds time) {
  return std::to_string(time.time_since_epoch().count());
}

bool read_failure(std::string_view line, RowHistory& history) {
  text::Cursor cursor(line);
  FailedFetch failure;
  failure.id = cursor.take_while(ascii::is_alnum, 33);
  const bool first = cursor.take(' ');
  const auto at = parse_time(cursor);
  const bool second = cursor.take(' ');
  failure.word =
      cursor.take_while([](char c) { return ascii::is_lower(c) || ascii::is_digit(c) || c == '-'; }, 64);
  if (!is_policy_id(failure.id) || !first || !at || !second || failure.word.empty() || !cursor.at_end() ||
      history.failures.size() >= failures_limit) {
    return false;
  }
  failure.at = *at;
  history.failures.push_back(std::move(failure));
  return true;
}

// The two lines on lookups begin with words that no id can be.
bool read_history_line(std::string_view line, RowHistory& history) {
  LookupHistory& lookups = history.lookups;
  const bool is_seen = line.starts_with(seen_word);
  if (!is_seen && !line.starts_with(failing_word)) {
    return read_failure(line, history);
  }
  text::Cursor cursor(line.substr(is_seen ? seen_word.size() : failing_word.size()));
  const auto first = parse_time(cursor);
  if (!first || *first == std::chrono::sys_seconds{} ||
      (is_seen ? lookups.has_seen_record() : lookups.is_failing())) {
    return false;
  }
  if (is_seen) {
    lookups.record_seen = *first;
    return cursor.at_end();
  }
  const bool blank = cursor.take(' ');
  const auto last = parse_time(cursor);
  if (!blank || !last || !cursor.at_end()) {
    return false;
  }
  lookups.failing_since = *first;
  lookups.failed_last = *last;
  return true;
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
  auto history = parse_history(row.failures);
  if (!domain || domain->text() != row.domain || !history || !is_time(row.used) || row.failed_refreshes < 0 ||
      row.failed_refreshes > UINT32_MAX || row.asks < 0 || row.asks > UINT32_MAX ||
      (!row.peer.empty() && !IpAddress::parse(row.peer))) {
    return std::nullopt;
  }
  StoredEntry entry;
  entry.domain = row.domain;
  entry.failures = std::move(history->failures);
  entry.lookups = history->lookups;
  entry.used = to_time(row.used);
  entry.asks = static_cast<std::uint32_t>(row.asks);
  entry.failed_refreshes = static_cast<std::uint32_t>(row.failed_refreshes);
  if (!row.id.empty()) {
    if (!is_policy_id(row.id) || !is_time(row.fetched)) {
      return std::nullopt;
    }
    entry.policy = StoredEntry::Policy{.id = std::string(row.id),
                                       .body = std::string(row.body),
                                       .fetched = to_time(row.fetched),
                                       .peer = std::string(row.peer)};
  }
  return entry;
}

std::string render_history(const RowHistory& history) {
  std::string text;
  const LookupHistory& lookups = history.lookups;
  if (lookups.has_seen_record()) {
    text += std::string(seen_word) + render_time(lookups.record_seen) + "\n";
  }
  if (lookups.is_failing()) {
    text += std::string(failing_word) + render_time(lookups.failing_since) + " " +
            render_time(lookups.failed_last) + "\n";
  }
  for (const FailedFetch& failure : history.failures) {
    text += failure.id + " " + render_time(failure.at) + " " + failure.word + "\n";
  }
  if (!text.empty()) {
    text.pop_back();
  }
  return text;
}

std::optional<RowHistory> parse_history(std::string_view text) {
  RowHistory history;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (!read_history_line(text.substr(begin, end - begin), history) || end + 1 == text.size()) {
      return std::nullopt;
    }
    begin = end + 1;
  }
  return history;
}

}  // namespace mta_sts::sender
