#include "tlsrpt/model/failure_types.hpp"

#include <algorithm>
#include <array>

namespace mta_sts::tlsrpt {
namespace {

constexpr std::array<FailureType, 11> types = {{
    {.name = "starttls-not-supported",
     .cause =
         "a mail server did not offer STARTTLS: switched off on one host or address, or stripped on the way",
     .fix = "Enable STARTTLS on every address of every MX, and switch off SMTP inspection in firewalls.",
     .checks = "C40 C41"},
    {.name = "certificate-host-mismatch",
     .cause = "the certificate does not name the MX host: not in its SAN, or a wrong default certificate "
              "without SNI",
     .fix = "Issue the certificate for the MX name as it stands in DNS, and make it the default one.",
     .checks = "C44 C45 C46"},
    {.name = "certificate-expired",
     .cause = "the certificate ran out, or was renewed while the mail server kept the old one",
     .fix =
         "Renew it, reload the mail server, and reload it after every renewal (a hook of the ACME client).",
     .checks = "C43"},
    {.name = "certificate-not-trusted",
     .cause = "the chain does not end at a public root: an intermediate is missing, or it is self-signed or "
              "private",
     .fix = "Install the full chain of a public CA.",
     .checks = "C42"},
    {.name = "validation-failure",
     .cause =
         "TLS failed in another way: no common version or cipher, a reset, a time-out, a broken handshake",
     .fix = "Offer TLS 1.2 and 1.3, and test the named host and address again.",
     .checks = "C47 C48"},
    {.name = "tlsa-invalid",
     .cause = "no TLSA record matches the certificate: the key was changed and the record was not",
     .fix = "Publish the TLSA record of the new key before the key is used.",
     .checks = "C50 C51",
     .is_of_one_kind = true},
    {.name = "dnssec-invalid",
     .cause = "the DNSSEC signatures of the TLSA record or the zone could not be verified",
     .fix = "Re-sign the zone and look at the signatures' expiry.",
     .checks = "C10 C50 C51",
     .is_of_one_kind = true},
    {.name = "dane-required",
     .cause = "the sender demands DANE, and no usable TLSA record was found",
     .fix = "Publish TLSA records of usage 2 or 3 for every MX in a signed zone, or ask the sender.",
     .checks = "C50 C51",
     .is_of_one_kind = true},
    {.name = "sts-policy-fetch-error",
     .cause = "the policy could not be fetched: not found, blocked, a redirect, a time-out, a dead address",
     .fix = "Serve the policy with status 200, without redirect or bot filter, on every address of the "
            "policy host.",
     .checks = "C14-C17 C24-C31",
     .is_of_one_kind = true},
    {.name = "sts-policy-invalid",
     .cause = "the policy was fetched and could not be read: its syntax, its media type, or an HTML page in "
              "its place",
     .fix = "Serve a policy that `mta-sts lint` accepts, as text/plain.",
     .checks = "C28 C32-C38",
     .is_of_one_kind = true},
    {.name = "sts-webpki-invalid",
     .cause = "the certificate of the policy host is not valid for mta-sts.DOMAIN",
     .fix = "Install a valid certificate for mta-sts.DOMAIN with its full chain, and reload the web server.",
     .checks = "C18-C23",
     .is_of_one_kind = true},
}};

}  // namespace

const FailureType* find_failure_type(std::string_view name) {
  const auto* const found = std::ranges::find(types, name, &FailureType::name);
  return found == types.end() ? nullptr : found;
}

const FailureType& outside_policy_type() {
  static constexpr FailureType type = {
      .name = "MX outside the policy",
      .cause = "no mx of the reported policy matches the host: the MX was changed and the policy was not",
      .fix =
          "Add the host to the policy and change its id, or take the host out of DNS. Until then senders "
          "with MTA-STS skip it.",
      .checks = "C52"};
  return type;
}

}  // namespace mta_sts::tlsrpt
