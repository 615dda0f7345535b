// Any bytes as a datagram about a session: refused, or an outcome whose parts are bounded and UTF-8.
#include "outcome/datagram/datagram.hpp"
#include <utility>

#include "base/domain_name.hpp"
#include "fuzz/fuzz.hpp"
#include "outcome/datagram/corrections.hpp"
#include "outcome/tally/day_counts.hpp"

using namespace mta_sts;

namespace {

void require_text(const std::string& text) {
  fuzz::require(text.size() <= outcome::datagram_limit_bytes && !text::find_invalid_utf8(text));
}

void require_line(const std::string& text) {
  require_text(text);
  fuzz::require(text.find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto parsed = outcome::parse_datagram(std::string(fuzz::view_of(data, size)));
  if (!parsed) {
    fuzz::require(!to_string(parsed.error()).empty());
    return 0;
  }
  outcome::correct(*parsed);
  fuzz::require(DomainName::parse(parsed->domain)->text() == parsed->domain);
  require_text(parsed->record);
  fuzz::require(!parsed->policies.empty() && parsed->policies.size() <= outcome::policies_limit);
  std::uint64_t failures = 0;
  for (const outcome::PolicyOutcome& policy : parsed->policies) {
    require_text(policy.domain);
    for (const auto* lines : {&policy.policy_string, &policy.mx_hosts}) {
      for (const std::string& line : *lines) {
        require_line(line);
      }
    }
    fuzz::require(policy.failures.size() <= outcome::failures_limit);
    failures += policy.failures.size();
    for (const outcome::SessionFailure& failure : policy.failures) {
      fuzz::require(outcome::result_type_of(std::to_underlying(failure.type)) == failure.type);
      require_line(failure.helo);
      for (const std::string* text : {&failure.sending_ip, &failure.mx, &failure.receiving_ip,
                                      &failure.additional_information, &failure.reason_code}) {
        require_text(*text);
      }
    }
  }
  const std::size_t policies = parsed->policies.size();
  outcome::DayCounts counts(1U << 20U);
  fuzz::require(counts.add({}, *std::move(parsed)));
  std::uint64_t sessions = 0;
  for (const outcome::PolicyCount& count : counts.take()) {
    sessions += count.success + count.failure;
    for (const auto& [failure, times] : count.failures) {
      failures -= times;
    }
  }
  fuzz::require(sessions == policies && failures == 0);
  return 0;
}
