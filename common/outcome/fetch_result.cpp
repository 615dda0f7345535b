#include "outcome/fetch_result.hpp"

#include <algorithm>
#include <array>

namespace mta_sts::outcome {
namespace {

// What a Policy Host did wrong before there was a policy to judge, in order.
constexpr std::array<std::string_view, 12> fetch_words{
    "address-not-public", "connect-failure", "content-encoding", "content-type", "dns-failure",
    "http-redirect",      "http-status",     "http-syntax",      "timeout",      "tls-handshake",
    "too-large",          "truncated"};

}  // namespace

std::optional<ResultType> fetch_result_type(std::string_view reason) {
  if (reason.starts_with("cert-")) {
    return ResultType::sts_webpki_invalid;
  }
  if (reason == "policy-invalid") {
    return ResultType::sts_policy_invalid;
  }
  return std::ranges::binary_search(fetch_words, reason) ? std::optional(ResultType::sts_policy_fetch_error)
                                                         : std::nullopt;
}

}  // namespace mta_sts::outcome
