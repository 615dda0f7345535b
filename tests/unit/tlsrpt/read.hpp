#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tlsrpt/read/read_input.hpp"

namespace mta_sts::tlsrpt {

/// One input read, with what it gave.
struct ReadInput {
  InputResult result;
  std::vector<Report> reports;

  [[nodiscard]] std::string words() const {
    std::string all;
    for (const ReadError error : result.findings.errors.words()) {
      all += std::string(all.empty() ? "" : " ") + std::string(to_string(error));
    }
    for (const Quirk quirk : result.findings.quirks.words()) {
      all += std::string(all.empty() ? "" : " ") + std::string(to_string(quirk));
    }
    return all;
  }
};

/// A clock that no report is ahead of.
inline constexpr std::chrono::sys_seconds far_future = std::chrono::sys_days(std::chrono::year(9000) / 1 / 1);

inline ReadInput read_bytes(std::string_view bytes, std::string_view name = "report",
                            std::chrono::sys_seconds now = far_future) {
  InputReader reader(now);
  ReadInput read;
  MemorySource source(bytes);
  read.result =
      reader.read(source, name, [&](Report&& report) { read.reports.push_back(std::move(report)); });
  return read;
}

/// A report whose `policies` array and other members are given.
inline std::string report_text(std::string_view policies, std::string_view more = "") {
  return R"({"organization-name":"Sender Ltd","date-range":{"start-datetime":"2026-03-02T00:00:00Z",)"
         R"("end-datetime":"2026-03-02T23:59:59Z"},"contact-info":"tls@sender.example","report-id":"r-1",)" +
         std::string(more) + R"("policies":[)" + std::string(policies) + "]}";
}

/// A policy of rcpt.example with these members in `policy`, then `rest` behind it.
inline std::string policy_text(std::string_view policy, std::string_view rest) {
  return R"({"policy":{"policy-type":"sts","policy-domain":"rcpt.example")" + std::string(policy) + "}" +
         std::string(rest) + "}";
}

inline std::string counts_text(std::string_view success, std::string_view failure) {
  return R"(,"summary":{"total-successful-session-count":)" + std::string(success) +
         R"(,"total-failure-session-count":)" + std::string(failure) + "}";
}

}  // namespace mta_sts::tlsrpt
