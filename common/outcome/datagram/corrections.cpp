#include "outcome/datagram/corrections.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"
#include "os/ip_address.hpp"

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
  return helo.substr(0, helo.find_first_of(" \t"));
}

// Readers refuse a whole report for a name with a space in it, or an address that is none.
void clear_unless_name(std::string& text) {
  const bool is_name = text.size() <= domain_name_limit_bytes &&
                       std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!is_name) {
    text.clear();
  }
}

void clear_unless_address(std::string& text) {
  const auto address = IpAddress::parse(text);
  text = address ? address->to_text() : std::string();
}

}  // namespace

void correct(SessionOutcome& outcome) {
  for (PolicyOutcome& policy : outcome.policies) {
    clear_unless_name(policy.domain);
    for (SessionFailure& failure : policy.failures) {
      failure.helo = std::string(name_in(failure.helo));
      clear_unless_name(failure.helo);
      clear_unless_name(failure.mx);
      clear_unless_address(failure.sending_ip);
      clear_unless_address(failure.receiving_ip);
      if (failure.type == ResultType::validation_failure &&
          std::ranges::find(reasons_of_trust, failure.reason_code) != reasons_of_trust.end()) {
        failure.type = ResultType::certificate_not_trusted;
      }
    }
  }
}

}  // namespace mta_sts::outcome
