#include "delivery/expectation.hpp"

#include <optional>

#include "policy/mx_match.hpp"

namespace mta_sts::delivery {
namespace {

bool has_demands(Mode mode) {
  return mode != Mode::none;  // RFC 8461 section 5: none is as no policy at all
}

Proof proof_of(Mode mode, Dane dane) {
  const bool by_dane = dane.tlsa == Tlsa::usable;
  if (has_demands(mode)) {
    return by_dane && dane.mx_secure ? Proof::dane : Proof::pkix;
  }
  return by_dane ? Proof::dane : Proof::none;
}

// RFC 7672 section 2.2: a secure TLSA RRset calls for TLS, usable or not.
std::optional<Obstacle> dane_obstacle(Tlsa tlsa, const SmtpSession& session) {
  if (tlsa != Tlsa::usable && tlsa != Tlsa::unusable) {
    return std::nullopt;
  }
  if (!session.starttls) {
    return Obstacle::no_starttls;
  }
  if (!session.handshake) {
    return Obstacle::no_handshake;
  }
  if (tlsa == Tlsa::usable && !session.fits_tlsa) {
    return Obstacle::tlsa_mismatch;
  }
  return std::nullopt;
}

std::optional<Obstacle> policy_obstacle(const Expectation& expected, const SmtpSession& session) {
  if (!has_demands(expected.mode)) {
    return std::nullopt;
  }
  if (!session.starttls) {
    return Obstacle::no_starttls;
  }
  if (!session.handshake) {
    return Obstacle::no_handshake;
  }
  if (expected.proof == Proof::pkix && !session.certificate_valid) {
    return Obstacle::certificate;
  }
  return std::nullopt;
}

}  // namespace

Expectation expect_of_named(Mode mode, Dane dane) {
  Expectation expected{.mode = mode, .tlsa = dane.tlsa, .proof = proof_of(mode, dane)};
  if (dane.tlsa == Tlsa::lookup_failed) {
    expected.is_open = false;
    expected.failures.push_back({.rule = Rule::dane, .obstacle = Obstacle::tlsa_lookup_failed});
  }
  return expected;
}

Expectation expect_of(const Terms& terms, std::string_view host, Dane dane) {
  Expectation expected = expect_of_named(terms.mode, dane);
  if (has_demands(terms.mode) && !matches_mx(terms.mx, host)) {
    expected.is_named = false;
    expected.is_open = expected.is_open && terms.mode != Mode::enforce;
    expected.failures.insert(expected.failures.begin(),
                             {.rule = Rule::mta_sts, .obstacle = Obstacle::not_named});
  }
  return expected;
}

SessionJudgement judge_session(const Expectation& expected, const SmtpSession& session) {
  SessionJudgement judgement{.gets_mail = expected.is_open, .failures = expected.failures};
  if (!expected.is_open) {
    return judgement;
  }
  if (const auto obstacle = dane_obstacle(expected.tlsa, session)) {
    judgement.gets_mail = false;
    judgement.failures.push_back({.rule = Rule::dane, .obstacle = *obstacle});
    return judgement;
  }
  if (const auto obstacle = policy_obstacle(expected, session)) {
    judgement.gets_mail = expected.mode != Mode::enforce;
    judgement.failures.push_back({.rule = Rule::mta_sts, .obstacle = *obstacle});
  }
  return judgement;
}

}  // namespace mta_sts::delivery
