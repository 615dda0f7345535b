#include "tlsrpt/history/postgres_import.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/number.hpp"
#include "tlsrpt/history/postgres_text.hpp"
#include "tlsrpt/history/rows.hpp"

namespace mta_sts::tlsrpt {
namespace {

// The types of the columns' arrays, in the order of rows.hpp.
constexpr std::string_view report_types =
    "bigint, text, text, text, text, bigint, integer, text, bigint, smallint, bigint";
constexpr std::string_view session_types =
    "integer, bigint, integer, text, text, text, numeric, numeric, numeric, boolean, smallint";
constexpr std::string_view failure_types =
    "integer, bigint, integer, text, text, text, text, numeric, boolean, text, text, text, text, text, "
    "boolean, "
    "smallint";
constexpr std::string_view conflict_types =
    "bigint, text, text, text, text, bigint, integer, numeric, numeric, bigint, smallint";

std::size_t count_of(std::string_view list) {
  return static_cast<std::size_t>(std::ranges::count(list, ',')) + 1;
}

// unnest($1::bigint[]), unnest($2::text[]): row by row, and nothing of it is kept meanwhile as by FROM
// unnest($1, $2).
std::string unnest_of(std::string_view types) {
  std::string sql;
  for (std::size_t number = 1; !types.empty(); ++number) {
    const std::size_t end = std::min(types.find(", "), types.size());
    sql += (number > 1 ? ", unnest($" : "unnest($") + std::to_string(number) +
           "::" + std::string(types.substr(0, end)) + "[])";
    types.remove_prefix(std::min(end + 2, types.size()));
  }
  return sql;
}

std::string insert_of(const char* table, const std::string& columns, std::string_view types) {
  return "INSERT INTO " + std::string(table) + "(" + columns + ") SELECT " + unnest_of(types);
}

std::int64_t integer_at(const postgres::ResultRows& rows, std::size_t row, int column) {
  const std::string_view text = rows.text(row, column).value_or("");
  const bool is_negative = text.starts_with('-');
  const auto value = text::parse_decimal(text.substr(is_negative ? 1 : 0), std::uint64_t{1} << 63U);
  return static_cast<std::int64_t>(is_negative ? 0 - value.value_or(0) : value.value_or(0));
}

// No history gets there, and no batch goes beyond 63 bits from there.
constexpr std::int64_t last_base = INT64_MAX / 2;

/// What the history has of the reports of a batch, which are numbered from 0 in the order they are visited.
class Known {
 public:
  struct Place {
    std::int64_t report = 0;              ///< the id, where it is fresh
    std::optional<std::int64_t> content;  ///< of the report that is there already
  };

  explicit Known(std::int64_t base) : base_(base) {}

  [[nodiscard]] std::int64_t next_id() {
    places_.push_back({.report = 0, .content = {}});
    return base_ + static_cast<std::int64_t>(places_.size());
  }
  void mark_fresh(std::int64_t id) { place(id > base_ ? id - base_ - 1 : -1).report = id; }
  /// Throws where there is none: a trigger changed what was written.
  [[nodiscard]] Place& place(std::int64_t at) {
    if (at < 0 || at >= static_cast<std::int64_t>(places_.size())) {
      throw HistoryError{HistoryErrorCode::damaged,
                         "the database gave another row than was put in; look for triggers in its schema "
                         "mta_sts_tlsrpt"};
    }
    return places_[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] std::vector<Place>& places() { return places_; }

 private:
  std::int64_t base_;
  std::vector<Place> places_;
};

/// Numbers the reports and takes them without their rows.
class ReportSink final : public BatchSink {
 public:
  ReportSink(Known& known, std::chrono::sys_seconds now) : known_(known), now_(now) {}

  bool report(const BatchReport& report) override {
    const std::int64_t id = known_.next_id();
    if (!report.is_conflict) {
      put_report(columns_.bind(id), report, now_);
    }
    return false;
  }
  void session(const SessionRow&) override {}
  void failure(const FailureRow&) override {}

  [[nodiscard]] std::vector<std::string> take() { return columns_.take(); }

 private:
  Known& known_;
  std::chrono::sys_seconds now_;
  PostgresColumns columns_{count_of(report_types)};
};

/// Takes the day and mark of the reports that are there already.
class AgainSink final : public BatchSink {
 public:
  explicit AgainSink(const std::vector<Known::Place>& places) : places_(places) {}

  bool report(const BatchReport& report) override {
    if (places_[at_].report == 0) {
      columns_.bind(static_cast<std::int64_t>(at_)).bind(number_of(report.day)).bind(mark_of(report));
    }
    ++at_;
    return false;
  }
  void session(const SessionRow&) override {}
  void failure(const FailureRow&) override {}

  [[nodiscard]] bool empty() const { return columns_.empty(); }
  [[nodiscard]] std::vector<std::string> take() { return columns_.take(); }

 private:
  const std::vector<Known::Place>& places_;
  std::size_t at_ = 0;
  PostgresColumns columns_{3};
};

/// Takes the rows of fresh reports, and judges the others.
class RestSink final : public BatchSink {
 public:
  RestSink(const std::vector<Known::Place>& places, std::chrono::sys_seconds now)
      : places_(places), now_(now) {}

  bool report(const BatchReport& report) override {
    const Known::Place& place = places_[at_++];
    report_ = place.report;
    session_ = 0;
    failure_ = 0;
    if (report_ != 0) {
      ++counts.fresh;
      return true;
    }
    if (judge_again(place.content, report) == Novelty::duplicate) {
      ++counts.duplicates;
    } else {
      ++counts.conflicts;
      put_conflict(conflicts.bind(mark_of(report)), report, now_);
    }
    return false;
  }
  void session(const SessionRow& row) override { put_session(sessions, row, report_, ++session_); }
  void failure(const FailureRow& row) override { put_failure(failures, row, report_, ++failure_); }

  ImportCounts counts;
  PostgresColumns sessions{count_of(session_types)};
  PostgresColumns failures{count_of(failure_types)};
  PostgresColumns conflicts{count_of(conflict_types)};

 private:
  const std::vector<Known::Place>& places_;
  std::chrono::sys_seconds now_;
  std::size_t at_ = 0;
  std::int64_t report_ = 0;
  std::int64_t session_ = 0;
  std::int64_t failure_ = 0;
};

void put_rows(const RunStatement& run, const std::string& sql, PostgresColumns& columns) {
  if (!columns.empty()) {
    run(sql, columns.take());
  }
}

}  // namespace

ImportCounts put_into_postgres(const RunStatement& run, ReportBatch& batch, std::chrono::sys_seconds now) {
  // Nobody else imports meanwhile. Numbers in the order they come are what views are sorted by.
  const auto last = run("SELECT coalesce(max(id), 0) FROM report", {});
  const std::int64_t base = integer_at(last, 0, 0);
  if (base < 0 || base > last_base) {
    throw HistoryError{HistoryErrorCode::damaged,
                       "a report in the database has the number " + std::to_string(base) +
                           ", which no import gave it; remove it from mta_sts_tlsrpt.report"};
  }
  Known known(base);
  ReportSink reports(known, now);
  batch.visit(reports);
  const auto fresh = run(insert_of("report", "id, " + std::string(report_columns), report_types) +
                             " ON CONFLICT (day, mark) DO NOTHING RETURNING id",
                         reports.take());
  for (std::size_t row = 0; row < fresh.size(); ++row) {
    known.mark_fresh(integer_at(fresh, row, 0));
  }
  AgainSink again(known.places());
  batch.visit(again);
  if (!again.empty()) {
    const auto found =
        run("SELECT given.at, report.content FROM unnest($1::bigint[], $2::integer[], "
            "$3::bigint[]) AS given(at, day, mark) JOIN report USING (day, mark)",
            again.take());
    for (std::size_t row = 0; row < found.size(); ++row) {
      known.place(integer_at(found, row, 0)).content = integer_at(found, row, 1);
    }
  }
  RestSink rest(known.places(), now);
  batch.visit(rest);
  put_rows(run, insert_of("session", std::string(session_columns), session_types), rest.sessions);
  put_rows(run, insert_of("failure", std::string(failure_columns), failure_types), rest.failures);
  put_rows(run,
           insert_of("conflict", "mark, " + std::string(conflict_columns), conflict_types) +
               " ON CONFLICT (day, mark, content) DO NOTHING",
           rest.conflicts);
  return rest.counts;
}

}  // namespace mta_sts::tlsrpt
