#include "outcome/session_outcome.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mta_sts::outcome {
namespace {

constexpr std::array<std::pair<ResultType, std::string_view>, 11> result_types{{
    {ResultType::starttls_not_supported, "starttls-not-supported"},
    {ResultType::certificate_host_mismatch, "certificate-host-mismatch"},
    {ResultType::certificate_not_trusted, "certificate-not-trusted"},
    {ResultType::certificate_expired, "certificate-expired"},
    {ResultType::validation_failure, "validation-failure"},
    {ResultType::sts_policy_fetch_error, "sts-policy-fetch-error"},
    {ResultType::sts_policy_invalid, "sts-policy-invalid"},
    {ResultType::sts_webpki_invalid, "sts-webpki-invalid"},
    {ResultType::tlsa_invalid, "tlsa-invalid"},
    {ResultType::dnssec_invalid, "dnssec-invalid"},
    {ResultType::dane_required, "dane-required"},
}};

}  // namespace

std::string_view to_string(ResultType type) {
  const auto* const found =
      std::ranges::find(result_types, type, [](const auto& known) { return known.first; });
  return found == result_types.end() ? "validation-failure" : found->second;
}

std::optional<ResultType> result_type_of(std::uint64_t number) {
  const auto* const found = std::ranges::find(
      result_types, number, [](const auto& known) { return std::uint64_t{std::to_underlying(known.first)}; });
  return found == result_types.end() ? std::nullopt : std::optional(found->first);
}

std::string_view to_string(PolicyType type) {
  switch (type) {
    case PolicyType::tlsa:
      return "tlsa";
    case PolicyType::sts:
      return "sts";
    case PolicyType::no_policy_found:
      break;
  }
  return "no-policy-found";
}

}  // namespace mta_sts::outcome
