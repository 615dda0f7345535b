#include "spool/report_answer.hpp"

namespace mta_sts::spool {

ReportAnswer answer_to_other_method() {
  return {.status = 405, .body = "TLS reports are sent with POST.\n", .allow = "POST"};
}

ReportAnswer answer_to_report(const std::expected<Spooled, SpoolError>& spooled) {
  if (spooled) {
    return *spooled == Spooled::stored ? ReportAnswer{.status = 201, .body = "Stored.\n"}
                                       : ReportAnswer{.status = 200, .body = "Stored before.\n"};
  }
  switch (spooled.error().code) {
    case SpoolErrorCode::empty:
      return {.status = 400, .body = "The request has no report.\n"};
    case SpoolErrorCode::too_large:
      return {.status = 413, .body = "The report is too large.\n"};
    case SpoolErrorCode::no_report:
      return {.status = 415, .body = "The report is neither gzip nor JSON.\n"};
    case SpoolErrorCode::full:
    case SpoolErrorCode::unwritable:
      break;
  }
  return {.status = 503, .body = "No report can be stored now.\n", .allow = {}, .retry_after = "3600"};
}

bool is_of_this_host(SpoolErrorCode code) {
  return code == SpoolErrorCode::full || code == SpoolErrorCode::unwritable;
}

}  // namespace mta_sts::spool
