#include "cli/report/report_records.hpp"

#include "base/fault.hpp"
#include "base/utf8.hpp"

namespace mta_sts::cli {

std::vector<TlsRptRecord> lookup_report_records(UvLoop& loop, sender::DnsLookup& dns,
                                                const std::vector<std::string>& domains) {
  std::vector<TlsRptRecord> records(domains.size());
  std::size_t open = domains.size();
  for (std::size_t i = 0; i < domains.size(); ++i) {
    dns.lookup("_smtp._tls." + domains[i], sender::DnsType::txt, [&, i](const sender::DnsAnswer& answer) {
      records[i] = parse_tlsrpt_answer(to_txt_answer(answer));
      --open;
    });
  }
  while (open > 0 && loop.run_once()) {
  }
  return records;
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

Recipients recipients_of(const TlsRptRecord& record) {
  Recipients recipients;
  if (record.outcome == TxtOutcome::error || record.candidates > 1) {
    recipients.warnings.push_back(to_line("record-unusable", record.detail));
  }
  for (const std::string& uri : record.rua) {
    if (recipients.rua.size() == rua_limit) {
      recipients.warnings.push_back(to_line(
          "rua-many", "of " + std::to_string(record.rua.size()) + " rua the first 8 usable ones are used"));
      break;
    }
    if (const auto target = outcome::parse_report_target(uri)) {
      recipients.rua.push_back(uri);
    } else {
      recipients.warnings.push_back(to_line(to_string(target.error()), text::quote_for_display(uri)));
    }
  }
  return recipients;
}

}  // namespace mta_sts::cli
