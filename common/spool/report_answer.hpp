#pragma once

#include <expected>
#include <string_view>

#include "spool/spool.hpp"

namespace mta_sts::spool {

/// What a server answers to a report, header values without their names. Nothing of the request is repeated,
/// no cache may keep it, and it is never a redirect, which senders do not follow. Texts live as long as the
/// program.
struct ReportAnswer {
  int status = 201;
  std::string_view body;              ///< text/plain
  std::string_view allow = {};        ///< for 405, else empty
  std::string_view retry_after = {};  ///< for 503 the seconds, else empty
};

/// Answers a method that is not POST.
[[nodiscard]] ReportAnswer answer_to_other_method();

/// Answers a report that was stored or not: 201, 200 where it was there before, 400, 413, 415, or 503, after
/// which senders try again for a day (RFC 8460 section 5.5).
[[nodiscard]] ReportAnswer answer_to_report(const std::expected<Spooled, SpoolError>& spooled);

/// Tells whether an error is this host's and to be logged; the others are the sender's.
[[nodiscard]] bool is_of_this_host(SpoolErrorCode code);

}  // namespace mta_sts::spool
