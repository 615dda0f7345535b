#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "outcome/report/report_identity.hpp"
#include "outcome/tally/day_counts.hpp"

namespace mta_sts::outcome {

/// How the reporting organisation calls itself, in UTF-8. RFC 8460 section 4.4.
struct ReportAuthor {
  std::string organization;
  std::string contact;  ///< contact-info, a mail address
};

/// A report, and what of it is to be told beside it.
struct RenderedReport {
  std::string json;
  std::uint64_t success = 0;  ///< sessions, over all policies
  std::uint64_t failure = 0;
  std::uint64_t left_out_kinds = 0;  ///< failures of so many kinds are counted in the sums alone
  bool has_policy_texts = true;      ///< false: they were left out, too
};

/// Renders what was counted of a domain and day. Over `limit_bytes` the rarest kinds of failures are left
/// out, then the policies' own texts; the sums stay. `mx-host` is an array, as erratum 6241 has it and most
/// senders write. The text is ASCII, others are escaped in it. RFC 8460 section 4.4.
[[nodiscard]] RenderedReport render_report(const ReportIdentity& identity, const ReportAuthor& author,
                                           std::span<const PolicyCount> policies, std::size_t limit_bytes);

}  // namespace mta_sts::outcome
