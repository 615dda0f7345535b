#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sender/policy_store.hpp"

namespace mta_sts::sender {

/// The values of one row of the cache file as they were read, none of them believed yet.
struct StoreRow {
  std::string_view domain;
  std::string_view id;    ///< empty: no policy
  std::string_view body;  ///< of the policy
  std::int64_t fetched = 0;
  std::string_view failures;  ///< render_history()
  std::int64_t failed_refreshes = 0;
  std::int64_t used = 0;
  std::int64_t sum = 0;     ///< row_sum() of all but `used`, `peer` and `asks`
  std::string_view peer{};  ///< empty or an address
  std::int64_t asks = 0;
};

/// Gives the sum that tells a damaged row; no protection against whoever can write the file.
[[nodiscard]] std::int64_t row_sum(const StoreRow& row);

/// Reads a row strictly; nothing where its sum, its lengths, its domain or its failures do not hold. R94.
[[nodiscard]] std::optional<StoredEntry> read_store_row(const StoreRow& row);

/// What went wrong for a domain, and what its lookups came to.
struct RowHistory {
  std::vector<FailedFetch> failures;
  LookupHistory lookups;
};

/// Writes it as text for a row, lines joined by LF: "txt-seen AT" and "txt-failing SINCE LAST" where there is
/// such a thing, then "id AT word" for each failure.
[[nodiscard]] std::string render_history(const RowHistory& history);

/// Reads that text; nothing where it is anything else. Rows from before there were lookups in it are read.
[[nodiscard]] std::optional<RowHistory> parse_history(std::string_view text);

}  // namespace mta_sts::sender
