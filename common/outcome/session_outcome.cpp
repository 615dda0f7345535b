#include "outcome/session_outcome.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mta_sts::outcome {

std::optional<ResultType> result_type_of(std::uint64_t number) {
  using enum ResultType;
  constexpr std::array types{starttls_not_supported,
                             certificate_host_mismatch,
                             certificate_not_trusted,
                             certificate_expired,
                             validation_failure,
                             sts_policy_fetch_error,
                             sts_policy_invalid,
                             sts_webpki_invalid,
                             tlsa_invalid,
                             dnssec_invalid,
                             dane_required};
  const auto* const found = std::ranges::find(
      types, number, [](ResultType type) { return std::uint64_t{std::to_underlying(type)}; });
  return found == types.end() ? std::nullopt : std::optional(*found);
}

}  // namespace mta_sts::outcome
