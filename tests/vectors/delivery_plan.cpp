#include "vectors/delivery_plan.hpp"

#include <algorithm>

#include "policy/mx_match.hpp"

namespace mta_sts {
namespace {

bool has_policy(const DeliveryFacts& facts) {
  return facts.mode == DeliveryMode::enforce || facts.mode == DeliveryMode::testing;
}

// RFC 7672 section 2.2: a secure TLSA RRset calls for TLS, usable or not.
bool dane_needs_tls(const MxFacts& mx) {
  return mx.dane == MxDane::ok || mx.dane == MxDane::fail || mx.dane == MxDane::unusable;
}

// P8, T11: DANE replaces the certificate check alone, and only where the way to the MX name is secure too.
bool dane_replaces_certificate(const DeliveryFacts& facts, const MxFacts& mx) {
  return mx.dane == MxDane::ok && facts.dane_governs && facts.mx_secure;
}

std::string_view certificate_failure(MxTls tls) {
  switch (tls) {
    case MxTls::expired:
      return "certificate-expired";
    case MxTls::untrusted:
      return "certificate-not-trusted";
    case MxTls::host_mismatch:
      return "certificate-host-mismatch";
    case MxTls::ok:
    case MxTls::handshake_failure:
      break;
  }
  return "validation-failure";
}

std::string_view certificate_reason(MxTls tls) {
  switch (tls) {
    case MxTls::untrusted:
      return "chain-not-trusted";
    case MxTls::handshake_failure:
      return "tls-handshake";
    default:
      return {};
  }
}

MxAction action_of(MxReply reply) {
  switch (reply) {
    case MxReply::accepted:
      return MxAction::deliver;
    case MxReply::temporary:
      return MxAction::tempfail;
    case MxReply::permanent:
      return MxAction::reject;
    case MxReply::unreachable:
      break;
  }
  return MxAction::unreachable;
}

// What is wrong with the TLS session in the eyes of MTA-STS; nothing where it is as it should be.
std::optional<TlsFailure> sts_session_failure(const DeliveryFacts& facts, const MxFacts& mx) {
  if (!mx.starttls) {
    return TlsFailure{.policy_type = "sts", .result_type = "starttls-not-supported", .reason = {}};
  }
  if (mx.tls == MxTls::ok || (mx.tls != MxTls::handshake_failure && dane_replaces_certificate(facts, mx))) {
    return std::nullopt;
  }
  return TlsFailure{
      .policy_type = "sts", .result_type = certificate_failure(mx.tls), .reason = certificate_reason(mx.tls)};
}

// What DANE forbids, MTA-STS does not allow, in any mode.
std::optional<TlsFailure> dane_failure(const MxFacts& mx) {
  if (!dane_needs_tls(mx)) {
    return std::nullopt;
  }
  if (!mx.starttls) {
    return TlsFailure{.policy_type = "tlsa", .result_type = "starttls-not-supported", .reason = {}};
  }
  if (mx.tls == MxTls::handshake_failure) {
    return TlsFailure{.policy_type = "tlsa", .result_type = "validation-failure", .reason = "tls-handshake"};
  }
  if (mx.dane == MxDane::fail) {
    return TlsFailure{.policy_type = "tlsa", .result_type = "validation-failure", .reason = "tlsa-mismatch"};
  }
  return std::nullopt;
}

MxStep step_for(const DeliveryFacts& facts, const MxFacts& mx) {
  MxStep step{.host = mx.host, .action = MxAction::skip, .failures = {}};
  const bool enforce = facts.mode == DeliveryMode::enforce;
  if (has_policy(facts) && !matches_mx(facts.patterns, mx.host)) {  // P5
    step.failures.push_back(
        {.policy_type = "sts", .result_type = "validation-failure", .reason = "sts-mx-mismatch"});
    if (enforce) {
      return step;
    }
  }
  if (mx.dane == MxDane::lookup_error) {  // known before the host is contacted
    step.failures.push_back({.policy_type = "tlsa", .result_type = "dnssec-invalid", .reason = {}});
    return step;
  }
  if (mx.reply == MxReply::unreachable) {
    step.action = MxAction::unreachable;
    return step;
  }
  if (const auto failure = dane_failure(mx)) {
    step.failures.push_back(*failure);
    return step;
  }
  if (has_policy(facts)) {
    if (const auto failure = sts_session_failure(facts, mx)) {
      step.failures.push_back(*failure);
      if (enforce) {
        return step;
      }
    }
  }
  step.action = action_of(mx.reply);
  return step;
}

bool is_policy_failure(const MxStep& step) {
  return step.action == MxAction::skip && std::ranges::any_of(step.failures, [](const TlsFailure& failure) {
           return failure.policy_type == "sts";
         });
}

DeliveryEnd end_undelivered(const DeliveryFacts& facts, const std::vector<MxStep>& steps) {
  if (!facts.queue_expired) {
    return DeliveryEnd::defer;
  }
  const TxtRecheck recheck = facts.txt_recheck.value_or(TxtRecheck::temp);
  if (facts.mode == DeliveryMode::temp) {  // never tried: with an answer it can be
    return recheck == TxtRecheck::temp ? DeliveryEnd::defer : DeliveryEnd::retry;
  }
  if (std::ranges::none_of(steps, is_policy_failure)) {
    return DeliveryEnd::bounce;
  }
  switch (recheck) {
    case TxtRecheck::new_id:
      return DeliveryEnd::retry;
    case TxtRecheck::same:
    case TxtRecheck::none:
      return DeliveryEnd::bounce;
    case TxtRecheck::temp:
      break;
  }
  return DeliveryEnd::defer;
}

}  // namespace

std::string_view to_string(MxAction action) {
  switch (action) {
    case MxAction::deliver:
      return "deliver";
    case MxAction::skip:
      return "skip";
    case MxAction::unreachable:
      return "unreachable";
    case MxAction::tempfail:
      return "tempfail";
    case MxAction::reject:
      return "reject";
  }
  return "skip";
}

std::string_view to_string(DeliveryEnd end) {
  switch (end) {
    case DeliveryEnd::delivered:
      return "delivered";
    case DeliveryEnd::defer:
      return "defer";
    case DeliveryEnd::bounce:
      return "bounce";
    case DeliveryEnd::retry:
      return "retry";
  }
  return "defer";
}

DeliveryPlan plan_delivery(const DeliveryFacts& facts) {
  DeliveryPlan plan;
  if (facts.mode != DeliveryMode::temp) {  // P6: nothing is known, nobody is contacted
    for (const MxFacts& mx : facts.mxs) {
      plan.steps.push_back(step_for(facts, mx));
      if (plan.steps.back().action == MxAction::deliver) {
        plan.end = DeliveryEnd::delivered;
        return plan;
      }
      if (plan.steps.back().action == MxAction::reject) {
        plan.end = DeliveryEnd::bounce;
        return plan;
      }
    }
  }
  plan.end = end_undelivered(facts, plan.steps);
  return plan;
}

}  // namespace mta_sts
