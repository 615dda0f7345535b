#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tlsrpt/history/columns.hpp"
#include "tlsrpt/history/report_batch.hpp"
#include "tlsrpt/model/duplicates.hpp"

namespace mta_sts::tlsrpt {

/// The columns of the tables, in the order in which the functions below put values into them: `Columns` takes
/// one after the other by bind(), and by bind_count() what may be beyond 63 bits.
inline constexpr std::string_view report_columns =
    "organization, report_id, start, domain, content, day, contact, imported, authentication, mark";
inline constexpr std::string_view session_columns =
    "day, report, number, domain, organization, policy_type, success, failure, in_details, shadowed, "
    "authentication";
inline constexpr std::string_view failure_columns =
    "day, report, number, domain, organization, result_type, host, count, shadowed, receiving_ip, "
    "sending_ip, "
    "helo, reason_code, information, outside_policy, authentication";
inline constexpr std::string_view conflict_columns =
    "organization, report_id, start, domain, content, day, success, failure, imported, authentication";

[[nodiscard]] inline std::int64_t mark_of(const BatchReport& report) {
  return static_cast<std::int64_t>(key_mark(report.organization, report.id, report.start, report.domain));
}

/// Judges a report whose day and mark the history has already, with that content.
[[nodiscard]] inline Novelty judge_again(std::optional<std::int64_t> content, const BatchReport& report) {
  return content == report.content ? Novelty::duplicate : Novelty::conflict;
}

[[nodiscard]] inline std::int64_t import_time(const BatchReport& report, std::chrono::sys_seconds now) {
  return report.imported.value_or(now).time_since_epoch().count();
}

/// What a report and a conflict about one begin with.
template <typename Columns>
Columns& put_identity(Columns& columns, const BatchReport& report) {
  return columns.bind(report.organization)
      .bind(report.id)
      .bind(report.start)
      .bind(report.domain)
      .bind(report.content)
      .bind(number_of(report.day));
}

template <typename Columns>
Columns& put_report(Columns& columns, const BatchReport& report, std::chrono::sys_seconds now) {
  return put_identity(columns, report)
      .bind(report.contact)
      .bind(import_time(report, now))
      .bind(number_of(report.authentication))
      .bind(mark_of(report));
}

template <typename Columns>
Columns& put_session(Columns& columns, const SessionRow& row, std::int64_t report, std::int64_t number) {
  return columns.bind(number_of(row.day))
      .bind(report)
      .bind(number)
      .bind(row.domain)
      .bind(row.organization)
      .bind(row.policy_type)
      .bind_count(row.sessions.success)
      .bind_count(row.sessions.failure)
      .bind_count(row.in_details)
      .bind(std::int64_t{row.is_shadowed})
      .bind(number_of(row.authentication));
}

template <typename Columns>
Columns& put_failure(Columns& columns, const FailureRow& row, std::int64_t report, std::int64_t number) {
  return columns.bind(number_of(row.day))
      .bind(report)
      .bind(number)
      .bind(row.domain)
      .bind(row.organization)
      .bind(row.result_type)
      .bind(row.host)
      .bind_count(row.count)
      .bind(std::int64_t{row.is_shadowed})
      .bind(row.receiving_ip)
      .bind(row.sending_ip)
      .bind(row.helo)
      .bind(row.reason_code)
      .bind(row.information)
      .bind(std::int64_t{row.is_outside_policy})
      .bind(number_of(row.authentication));
}

template <typename Columns>
Columns& put_conflict(Columns& columns, const BatchReport& report, std::chrono::sys_seconds now) {
  return put_identity(columns, report)
      .bind_count(report.sessions.success)
      .bind_count(report.sessions.failure)
      .bind(import_time(report, now))
      .bind(number_of(report.authentication));
}

}  // namespace mta_sts::tlsrpt
