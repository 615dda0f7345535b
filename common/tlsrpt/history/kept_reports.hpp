#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tlsrpt/history/database.hpp"
#include "tlsrpt/history/history.hpp"
#include "tlsrpt/history/text_table.hpp"

namespace mta_sts::tlsrpt {

/// Reports and their rows, read in the order of the reports and put together again.
class KeptReports {
 public:
  void add_report(const DatabaseRow& row);

  /// Tells that rows were left out: several reports take more memory than is to be used.
  [[nodiscard]] bool is_full() const {
    return reports_.size() > 1 && bytes_ + texts_.bytes() > kept_limit_bytes;
  }

  void add_session(const DatabaseRow& row);

  void add_failure(const DatabaseRow& row);

  /// False where no more are wanted.
  [[nodiscard]] bool give(const TakeKept& take) const;

 private:
  template <typename Row>
  using Rows = std::vector<std::pair<std::int64_t, Row>>;

  std::string_view keep(std::string_view text) { return texts_.text(texts_.number_of(text)); }

  static constexpr std::size_t kept_limit_bytes = std::size_t{32} << 20;

  TextTable texts_;
  std::size_t bytes_ = 0;  // of rows
  std::vector<std::int64_t> numbers_;
  std::vector<BatchReport> reports_;
  Rows<SessionRow> sessions_;
  Rows<FailureRow> failures_;
};

}  // namespace mta_sts::tlsrpt
