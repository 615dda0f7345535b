#include "tlsrpt/history/kept_reports.hpp"

#include "tlsrpt/history/columns.hpp"
#include "tlsrpt/history/row_reading.hpp"

namespace mta_sts::tlsrpt {
namespace {

// They are in the order of the reports.
template <typename Row>
std::vector<Row> rows_of(const std::vector<std::pair<std::int64_t, Row>>& all, std::size_t& from,
                         std::int64_t report) {
  std::vector<Row> rows;
  for (; from < all.size() && all[from].first == report; ++from) {
    rows.push_back(all[from].second);
  }
  return rows;
}

}  // namespace

void KeptReports::add_report(const DatabaseRow& row) {
  if (is_full()) {
    return;
  }
  TextCutter cut;
  const ReportKey key = key_from(row, 2);
  numbers_.push_back(row.integer(0));
  reports_.push_back({.day = day_from(row.integer(1)),
                      .organization = keep(key.organization),
                      .id = keep(key.id),
                      .start = keep(key.start),
                      .domain = keep(key.domain),
                      .contact = keep(cut(row.text(6), sender_limit)),
                      .content = row.integer(7),
                      .authentication = authentication_from(row.integer(9)),
                      .imported = second_from(row.integer(8))});
}

void KeptReports::add_session(const DatabaseRow& row) {
  if (is_full()) {
    return;
  }
  TextCutter cut;
  SessionRow session = session_from(row, cut);
  for (std::string_view* text : {&session.domain, &session.organization, &session.policy_type}) {
    *text = keep(*text);
  }
  sessions_.emplace_back(row.integer(session_report_at), session);
  bytes_ += sizeof session;
}

void KeptReports::add_failure(const DatabaseRow& row) {
  if (is_full()) {
    return;
  }
  TextCutter cut;
  FailureRow failure = failure_from(row, cut);
  for (std::string_view* text :
       {&failure.domain, &failure.organization, &failure.result_type, &failure.host, &failure.receiving_ip,
        &failure.sending_ip, &failure.helo, &failure.reason_code, &failure.information}) {
    *text = keep(*text);
  }
  failures_.emplace_back(row.integer(failure_report_at), failure);
  bytes_ += sizeof failure;
}

bool KeptReports::give(const TakeKept& take) const {
  std::size_t session = 0;
  std::size_t failure = 0;
  for (std::size_t at = 0; at < reports_.size(); ++at) {
    const auto sessions = rows_of(sessions_, session, numbers_[at]);
    const auto failures = rows_of(failures_, failure, numbers_[at]);
    if (!take({.report = reports_[at], .sessions = sessions, .failures = failures})) {
      return false;
    }
  }
  return true;
}

}  // namespace mta_sts::tlsrpt
