#include "tlsrpt/history/row_reading.hpp"

#include "tlsrpt/history/columns.hpp"

namespace mta_sts::tlsrpt {

std::string sessions_sql(const DatabaseShape& shape, const std::string& imported) {
  return "SELECT session.day, session.domain, session.organization, session.policy_type, session.success, "
         "session.failure, session.in_details, session.shadowed, session.report, " +
         imported + ", " + (shape.has_authentication ? "session.authentication" : "0") + " FROM session";
}

std::string failures_sql(const DatabaseShape& shape, const std::string& imported) {
  return "SELECT failure.day, failure.domain, failure.organization, failure.result_type, failure.host, "
         "failure.count, failure.shadowed, " +
         std::string(shape.has_places ? "failure.receiving_ip, failure.sending_ip, failure.helo, "
                                        "failure.reason_code, failure.information, failure.outside_policy"
                                      : "'', '', '', '', '', 0") +
         ", " + imported + ", " + (shape.has_authentication ? "failure.authentication" : "0") +
         ", failure.report FROM failure";
}

SessionRow session_from(const DatabaseRow& row, TextCutter& cut) {
  return {.day = day_from(row.integer(0)),
          .domain = cut(row.text(1), name_limit),
          .organization = cut(row.text(2), sender_limit),
          .policy_type = cut(row.text(3), name_limit),
          .sessions = {.success = row.count(4), .failure = row.count(5)},
          .in_details = row.count(6),
          .is_shadowed = row.integer(7) != 0,
          .imported = second_from(row.integer(9)),
          .authentication = authentication_from(row.integer(10))};
}

FailureRow failure_from(const DatabaseRow& row, TextCutter& cut) {
  return {.day = day_from(row.integer(0)),
          .domain = cut(row.text(1), name_limit),
          .organization = cut(row.text(2), sender_limit),
          .result_type = cut(row.text(3), name_limit),
          .host = cut(row.text(4), name_limit),
          .count = row.count(5),
          .is_shadowed = row.integer(6) != 0,
          .receiving_ip = cut(row.text(7), name_limit),
          .sending_ip = cut(row.text(8), name_limit),
          .helo = cut(row.text(9), name_limit),
          .reason_code = cut(row.text(10), text_limit),
          .information = cut(row.text(11), text_limit),
          .is_outside_policy = row.integer(12) != 0,
          .imported = second_from(row.integer(13)),
          .authentication = authentication_from(row.integer(14))};
}

ReportKey key_from(const DatabaseRow& row, int column) {
  TextCutter cut;
  return {.organization = std::string(cut(row.text(column), sender_limit)),
          .id = std::string(cut(row.text(column + 1), text_limit)),
          .start = std::string(cut(row.text(column + 2), name_limit)),
          .domain = std::string(cut(row.text(column + 3), name_limit))};
}

Conflict conflict_from(const DatabaseRow& row) {
  return {.key = key_from(row, 0),
          .success = row.count(4),
          .failure = row.count(5),
          .imported = second_from(row.integer(6)),
          .authentication = authentication_from(row.integer(7)),
          .counted = authentication_from(row.integer(8))};
}

}  // namespace mta_sts::tlsrpt
