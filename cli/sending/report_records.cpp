#include "cli/sending/report_records.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/fault.hpp"
#include "base/utf8.hpp"
#include "outcome/report/report_target.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts::cli {
namespace {

/// Questions at once: a slow name server holds up its own domains, and few others.
constexpr std::size_t open_lookups = 256;
constexpr std::size_t shown_uri_bytes = 200;

Recipients recipients_of(const TlsRptRecord& record) {
  Recipients recipients;
  if (record.outcome == TxtOutcome::temp) {
    recipients.unknown = record.detail;
    return recipients;
  }
  if (record.outcome == TxtOutcome::error || record.candidates > 1) {
    recipients.warnings.push_back(to_line("record-unusable", record.detail));
  }
  std::vector<outcome::ReportTarget> targets;
  for (const std::string& uri : record.rua) {
    if (targets.size() == rua_limit || recipients.warnings.size() == rua_limit) {
      recipients.warnings.push_back(
          to_line("rua-many", "of " + std::to_string(record.rua.size()) +
                                  " rua, no more than 8 usable and 8 unusable ones are looked at"));
      break;
    }
    auto target = outcome::parse_report_target(uri);
    if (!target) {
      recipients.warnings.push_back(
          to_line(to_string(target.error()), text::quote_for_display(uri, shown_uri_bytes)));
    } else if (std::ranges::find(targets, *target) == targets.end()) {
      recipients.to.push_back({.uri = uri, .receiver = receiver_of(*target)});
      targets.push_back(*std::move(target));
    }
  }
  return recipients;
}

}  // namespace

std::vector<Recipients> lookup_recipients(UvLoop& loop, sender::DnsLookup& dns,
                                          const std::vector<std::string>& domains) {
  std::vector<Recipients> found(domains.size(),
                                Recipients{.to = {}, .warnings = {}, .unknown = "the lookup did not end"});
  std::size_t open = 0;
  std::size_t next = 0;
  while (next < domains.size() || open > 0) {
    while (next < domains.size() && open < open_lookups) {
      ++open;
      dns.lookup("_smtp._tls." + domains[next], sender::DnsType::txt,
                 [&found, &open, i = next](const sender::DnsAnswer& answer) {
                   --open;
                   found[i] = recipients_of(parse_tlsrpt_answer(to_txt_answer(answer)));
                 });
      ++next;
    }
    if (open > 0 && !loop.run_once()) {
      break;
    }
  }
  return found;
}

sender::DnsAnswer lookup_now(UvLoop& loop, sender::DnsLookup& dns, const std::string& name,
                             sender::DnsType type) {
  sender::DnsAnswer found;
  bool is_open = true;
  dns.lookup(name, type, [&](sender::DnsAnswer answer) {
    found = std::move(answer);
    is_open = false;
  });
  while (is_open && loop.run_once()) {
  }
  return found;
}

}  // namespace mta_sts::cli
