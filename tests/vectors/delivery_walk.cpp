#include "vectors/delivery_walk.hpp"

#include <algorithm>

namespace mta_sts::vectors {
namespace {

using delivery::Obstacle;
using delivery::Rule;
using delivery::Tlsa;

delivery::Dane dane_of(const DeliveryFacts& facts, MxDane dane) {
  switch (dane) {
    case MxDane::ok:
    case MxDane::fail:
      return {.tlsa = Tlsa::usable, .mx_secure = facts.dane_stands_in};
    case MxDane::unusable:
      return {.tlsa = Tlsa::unusable, .mx_secure = facts.dane_stands_in};
    case MxDane::lookup_error:
      return {.tlsa = Tlsa::lookup_failed};
    case MxDane::none:
      break;
  }
  return {};
}

delivery::SmtpSession session_of(const MxFacts& mx) {
  return {.starttls = mx.starttls,
          .handshake = mx.tls != MxTls::handshake_failure,
          .certificate_valid = mx.tls == MxTls::ok,
          .fits_tlsa = mx.dane == MxDane::ok};
}

// Positions P5 and P22 and RFC 8460 section 4.3.
ReportedFailure report_of(const delivery::Failure& failure, MxTls tls) {
  const std::string_view type = failure.rule == Rule::dane ? "tlsa" : "sts";
  switch (failure.obstacle) {
    case Obstacle::not_named:
      return {.policy_type = type, .result_type = "validation-failure", .reason = "sts-mx-mismatch"};
    case Obstacle::tlsa_lookup_failed:
      return {.policy_type = type, .result_type = "dnssec-invalid", .reason = {}};
    case Obstacle::no_starttls:
      return {.policy_type = type, .result_type = "starttls-not-supported", .reason = {}};
    case Obstacle::no_handshake:
      return {.policy_type = type, .result_type = "validation-failure", .reason = "tls-handshake"};
    case Obstacle::tlsa_mismatch:
      return {.policy_type = type, .result_type = "validation-failure", .reason = "tlsa-mismatch"};
    case Obstacle::certificate:
      break;
  }
  if (tls == MxTls::untrusted) {
    return {.policy_type = type, .result_type = "certificate-not-trusted", .reason = "chain-not-trusted"};
  }
  return {.policy_type = type,
          .result_type = tls == MxTls::expired ? "certificate-expired" : "certificate-host-mismatch",
          .reason = {}};
}

std::string_view action_of(MxReply reply) {
  switch (reply) {
    case MxReply::accepted:
      return "deliver";
    case MxReply::temporary:
      return "tempfail";
    case MxReply::permanent:
      return "reject";
    case MxReply::unreachable:
      break;
  }
  return "unreachable";
}

MxStep step_at(const DeliveryFacts& facts, const MxFacts& mx) {
  const auto expected =
      delivery::expect_of({.mode = *facts.mode, .mx = facts.patterns}, mx.host, dane_of(facts, mx.dane));
  const bool is_met = expected.is_open && mx.reply != MxReply::unreachable;
  const auto judged =
      is_met ? delivery::judge_session(expected, session_of(mx))
             : delivery::SessionJudgement{.gets_mail = expected.is_open, .failures = expected.failures};
  MxStep step{.host = mx.host, .action = judged.gets_mail ? action_of(mx.reply) : "skip", .failures = {}};
  for (const delivery::Failure& failure : judged.failures) {
    step.failures.push_back(report_of(failure, mx.tls));
  }
  return step;
}

bool is_policy_failure(const MxStep& step) {
  return step.action == "skip" &&
         std::ranges::any_of(step.failures, [](const auto& failure) { return failure.policy_type == "sts"; });
}

// RFC 8461 section 5.1 step 3.
std::string_view end_undelivered(const DeliveryFacts& facts, const std::vector<MxStep>& steps) {
  if (!facts.queue_expired) {
    return "defer";
  }
  const TxtRecheck recheck = facts.txt_recheck.value_or(TxtRecheck::temp);
  if (!facts.mode) {  // never tried: with an answer it can be
    return recheck == TxtRecheck::temp ? "defer" : "retry";
  }
  if (std::ranges::none_of(steps, is_policy_failure)) {
    return "bounce";
  }
  switch (recheck) {
    case TxtRecheck::new_id:
      return "retry";
    case TxtRecheck::same:
    case TxtRecheck::none:
      return "bounce";
    case TxtRecheck::temp:
      break;
  }
  return "defer";
}

}  // namespace

DeliveryWalk walk(const DeliveryFacts& facts) {
  DeliveryWalk walk;
  if (facts.mode) {  // P6: else nobody is contacted
    for (const MxFacts& mx : facts.mxs) {
      walk.steps.push_back(step_at(facts, mx));
      if (walk.steps.back().action == "deliver") {
        walk.end = "delivered";
        return walk;
      }
      if (walk.steps.back().action == "reject") {
        walk.end = "bounce";
        return walk;
      }
    }
  }
  walk.end = end_undelivered(facts, walk.steps);
  return walk;
}

}  // namespace mta_sts::vectors
