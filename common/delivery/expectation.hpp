#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"

/// What a sender owes to each MX host under a policy and DANE; pure. The order of the hosts, retries and
/// bounces are the mail server's.
namespace mta_sts::delivery {

/// The part of a policy that one delivery goes by; without a policy as it stands here.
struct Terms {
  Mode mode = Mode::none;
  std::span<const std::string> mx{};  ///< the policy's patterns
};

/// What DNS says of DANE for a host before anybody connects to it. RFC 7672 section 2.
enum class Tlsa : std::uint8_t {
  none,           ///< no secure TLSA records
  unusable,       ///< secure, but none that a sender can use (R121)
  usable,         ///< DANE authenticates the host (R120)
  lookup_failed,  ///< DNS did not say (R122)
};

struct Dane {
  Tlsa tlsa = Tlsa::none;
  bool mx_secure = false;  ///< DNSSEC proves the way to the host's name too (R123)
};

/// Which of the two rules a host fails, and in what.
enum class Rule : std::uint8_t { mta_sts, dane };
enum class Obstacle : std::uint8_t {
  not_named,           ///< no mx of the policy names it (R97)
  tlsa_lookup_failed,  ///< (R122)
  no_starttls,
  no_handshake,
  certificate,    ///< not trusted, not in its time, or not for the host's name (R99, R100)
  tlsa_mismatch,  ///< the certificate fits none of the TLSA records (R119)
};

struct Failure {
  Rule rule = Rule::mta_sts;
  Obstacle obstacle = Obstacle::not_named;

  bool operator==(const Failure&) const = default;
};

/// By what a host's certificate is judged before it gets mail.
enum class Proof : std::uint8_t { none, pkix, dane };

/// What a sender expects of one host.
struct Expectation {
  Mode mode = Mode::none;
  Tlsa tlsa = Tlsa::none;
  Proof proof = Proof::none;        ///< under testing too, where a failure is only reported
  bool is_named = true;             ///< by the policy; true where no policy asks
  bool is_open = true;              ///< false: the host gets no mail now and need not be contacted
  std::vector<Failure> failures{};  ///< what is known to fail before the host is contacted
};

/// Gives what is expected of a host: under enforce it has to be named by the policy (RFC 8461 sections 4.1
/// and 5); a TLSA lookup that failed closes it in every mode (RFC 7672 section 2.1.2); usable TLSA records
/// stand in for the policy's certificate check, never for the policy's names, and only where the MX records
/// are secure (position P8).
[[nodiscard]] Expectation expect_of(const Terms& terms, std::string_view host, Dane dane);

/// Gives the same for a host that the policy names.
[[nodiscard]] Expectation expect_of_named(Mode mode, Dane dane);

/// What a session with a host that answered came to.
struct SmtpSession {
  bool starttls = false;
  bool handshake = false;  ///< TLS stands, and a certificate was shown
  bool certificate_valid =
      false;               ///< in its time, trusted, and with the host's own name (RFC 8461 section 4.2)
  bool fits_tlsa = false;  ///< one of the usable TLSA records is satisfied
};

struct SessionJudgement {
  bool gets_mail = false;
  std::vector<Failure> failures{};  ///< in the order met, those of the expectation first; under testing mail
                                    ///< goes in spite of them
};

/// Judges a session with an open host. What DANE forbids no policy allows, in any mode (RFC 8461 section 2);
/// enforce forbids what fails the policy, testing only reports it (section 5).
[[nodiscard]] SessionJudgement judge_session(const Expectation& expected, const SmtpSession& session);

}  // namespace mta_sts::delivery
