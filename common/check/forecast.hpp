#pragma once

#include <string>
#include <vector>

#include "check/case.hpp"
#include "delivery/expectation.hpp"

namespace mta_sts::check {

/// What a sender meets at one address of one MX host.
enum class Delivery : std::uint8_t {
  delivers,
  mx_not_in_policy,
  unreachable,
  no_starttls,
  tls_failed,
  certificate_refused,
  tlsa_lookup_failed,
  tlsa_mismatch,
  not_testable,
};

[[nodiscard]] std::string_view to_string(Delivery delivery);

struct AddressForecast {
  std::string mx;
  std::string address;
  Delivery delivery = Delivery::not_testable;
};

/// What a sender that keeps to RFC 8461 and RFC 7672 and has nothing cached does now (C71).
struct Forecast {
  std::string policy;  ///< "enforce", "testing", "none" or "no policy"
  std::vector<AddressForecast> addresses;
  bool delivers = false;      ///< some address can be delivered to under this policy
  bool is_whole = false;      ///< and so can every address that could be tested
  bool is_protected = false;  ///< an enforce policy is in force
  bool is_testable = true;    ///< at least one mail host could be looked at
  std::string sentence;       ///< for people
};

[[nodiscard]] Forecast forecast(const Case& c);

/// Judges one address of an MX host as a sender that expects this of it.
[[nodiscard]] Delivery judge_at(const Case& c, const SmtpFact& fact, const delivery::Expectation& expected);

/// Judges one address of an MX host as an enforcing sender does, the policy's mx lines left aside.
[[nodiscard]] Delivery judge_address(const Case& c, const SmtpFact& fact);

}  // namespace mta_sts::check
