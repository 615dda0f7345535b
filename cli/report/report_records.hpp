#pragma once

#include <string>
#include <vector>

#include "os/uv_loop.hpp"
#include "outcome/report/report_target.hpp"
#include "policy/txt_record.hpp"
#include "sender/dns_lookup.hpp"

namespace mta_sts::cli {

/// Looks up the TLSRPT records of domains, all at once, and gives them in the same order.
[[nodiscard]] std::vector<TlsRptRecord> lookup_report_records(UvLoop& loop, sender::DnsLookup& dns,
                                                              const std::vector<std::string>& domains);

/// Asks one question, and waits for the answer.
[[nodiscard]] sender::DnsAnswer lookup_now(UvLoop& loop, sender::DnsLookup& dns, const std::string& name,
                                           sender::DnsType type);

/// The most places that one domain's reports go to.
inline constexpr std::size_t rua_limit = 8;

/// Whom a domain wants its reports sent to, and what is to be said about that.
struct Recipients {
  std::vector<std::string> rua;       ///< the usable URIs, at most rua_limit
  std::vector<std::string> warnings;  ///< lines, each beginning with its word
};

/// Reads a record that is not `temp`.
[[nodiscard]] Recipients recipients_of(const TlsRptRecord& record);

}  // namespace mta_sts::cli
