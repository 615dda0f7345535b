#include "outcome/datagram/corrections.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"

namespace mta_sts::outcome {
namespace {

// OpenSSL 1.1 and 3 say "self signed" and "self-signed".
constexpr std::array<std::string_view, 5> reasons_of_trust{
    "self_signed_certificate", "self-signed_certificate", "self_signed_certificate_in_certificate_chain",
    "self-signed_certificate_in_certificate_chain", "unable_to_get_local_issuer_certificate"};

// "250-mx.example.com at your service", or the same without the code.
std::string_view name_in(std::string_view helo) {
  helo = helo.substr(0, helo.find_first_of("\r\n"));
  if (helo.starts_with("250-") || helo.starts_with("250 ")) {
    helo.remove_prefix(4);
  }
  helo = helo.substr(0, helo.find_first_of(" \t"));
  return helo.size() <= domain_name_limit_bytes ? helo : std::string_view();
}

}  // namespace

void correct(SessionOutcome& outcome) {
  for (PolicyOutcome& policy : outcome.policies) {
    for (SessionFailure& failure : policy.failures) {
      failure.helo = std::string(name_in(failure.helo));
      if (failure.type == ResultType::validation_failure &&
          std::ranges::find(reasons_of_trust, failure.reason_code) != reasons_of_trust.end()) {
        failure.type = ResultType::certificate_not_trusted;
      }
    }
  }
}

}  // namespace mta_sts::outcome
