#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mta_sts::tlsrpt {

/// Writes bytes as text that PostgreSQL takes: each byte that is NUL, SUB (0x1A) or no UTF-8 becomes SUB and
/// its two hexadecimal digits, and everything else stays as it is.
[[nodiscard]] std::string to_postgres_text(std::string_view bytes);

/// Tells whether such a text is the bytes as it stands.
[[nodiscard]] bool is_plain_postgres_text(std::string_view text);

/// Gives the bytes again. A SUB without two such digits behind it stays.
[[nodiscard]] std::string from_postgres_text(std::string_view text);

/// Rows on their way into a table, a PostgreSQL array a column: one statement takes them all by unnest().
class PostgresColumns {
 public:
  explicit PostgresColumns(std::size_t columns) : arrays_(columns, "{") {}

  /// Adds the next value of the row; behind the last one comes the next row.
  PostgresColumns& bind(std::int64_t value);
  PostgresColumns& bind(std::string_view text);
  PostgresColumns& bind_count(std::uint64_t count);

  [[nodiscard]] bool empty() const { return rows_ == 0; }

  /// Gives the arrays, and is empty then.
  [[nodiscard]] std::vector<std::string> take();

 private:
  std::string& next();

  std::vector<std::string> arrays_;
  std::size_t at_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace mta_sts::tlsrpt
