#include "delivery/expectation.hpp"

#include <gtest/gtest.h>

namespace mta_sts::delivery {
namespace {

const std::vector<std::string> patterns{"mx.example.com", "*.mail.example.com"};
constexpr SmtpSession good{.starttls = true, .handshake = true, .certificate_valid = true};
constexpr Dane secure_usable{.tlsa = Tlsa::usable, .mx_secure = true};

Terms terms(Mode mode) {
  return {.mode = mode, .mx = patterns};
}

SessionJudgement judge(Mode mode, Dane dane, SmtpSession session) {
  return judge_session(expect_of(terms(mode), "mx.example.com", dane), session);
}

using Failures = std::vector<Failure>;

Failures of_policy(Obstacle obstacle) {
  return {{.rule = Rule::mta_sts, .obstacle = obstacle}};
}

Failures of_dane(Obstacle obstacle) {
  return {{.rule = Rule::dane, .obstacle = obstacle}};
}

TEST(ExpectOf, OpensUnderEnforceOnlyHostsThatThePolicyNames) {  // R96, R97, R106
  for (const char* host : {"mx.example.com", "MX.Example.com.", "a.mail.example.com"}) {
    const Expectation expected = expect_of(terms(Mode::enforce), host, {});
    EXPECT_TRUE(expected.is_named && expected.is_open) << host;
    EXPECT_EQ(expected.proof, Proof::pkix);
    EXPECT_TRUE(expected.failures.empty());
  }
  for (const char* host : {"mx2.example.com", "a.b.mail.example.com", "mail.example.com", ""}) {
    const Expectation expected = expect_of(terms(Mode::enforce), host, {});
    EXPECT_FALSE(expected.is_named || expected.is_open) << host;
    EXPECT_EQ(expected.failures, of_policy(Obstacle::not_named));
  }
}

TEST(ExpectOf, OnlyReportsUnderTestingWhatThePolicyDoesNotName) {  // R108
  const Expectation expected = expect_of(terms(Mode::testing), "mx2.example.com", {});
  EXPECT_TRUE(expected.is_open);
  EXPECT_FALSE(expected.is_named);
  EXPECT_EQ(expected.failures, of_policy(Obstacle::not_named));
}

TEST(ExpectOf, AsksNothingUnderNoneOrWithoutPolicy) {  // R109
  for (const Terms& given : {terms(Mode::none), Terms{}}) {
    const Expectation expected = expect_of(given, "mx2.example.com", {});
    EXPECT_TRUE(expected.is_named && expected.is_open && expected.failures.empty());
    EXPECT_EQ(expected.proof, Proof::none);
    EXPECT_TRUE(judge_session(expected, {}).gets_mail);  // in the clear
  }
}

TEST(ExpectOf, ClosesAHostWhoseTlsaLookupFailedInEveryMode) {  // R122
  for (const Mode mode : {Mode::enforce, Mode::testing, Mode::none}) {
    const Expectation expected =
        expect_of(terms(mode), "mx.example.com", {.tlsa = Tlsa::lookup_failed, .mx_secure = true});
    EXPECT_FALSE(expected.is_open);
    EXPECT_EQ(expected.failures, of_dane(Obstacle::tlsa_lookup_failed));
    EXPECT_FALSE(judge_session(expected, good).gets_mail);
  }
}

TEST(ExpectOf, LetsDaneStandInForTheCertificateCheckOnlyBehindSecureMxRecords) {  // R123
  EXPECT_EQ(expect_of_named(Mode::enforce, secure_usable).proof, Proof::dane);
  EXPECT_EQ(expect_of_named(Mode::enforce, {.tlsa = Tlsa::usable}).proof, Proof::pkix);
  EXPECT_EQ(expect_of_named(Mode::enforce, {.tlsa = Tlsa::unusable, .mx_secure = true}).proof, Proof::pkix);
}

TEST(ExpectOf, NeverLetsDaneStandInForThePolicysNames) {
  EXPECT_FALSE(expect_of(terms(Mode::enforce), "mx2.example.com", secure_usable).is_open);
}

TEST(JudgeSession, DemandsAValidCertificateOverStarttlsUnderEnforce) {  // R96, R106
  EXPECT_TRUE(judge(Mode::enforce, {}, good).gets_mail);
  const auto refused = [](SmtpSession session, Obstacle obstacle) {
    const SessionJudgement judged = judge(Mode::enforce, {}, session);
    EXPECT_FALSE(judged.gets_mail);
    EXPECT_EQ(judged.failures, of_policy(obstacle));
  };
  refused({}, Obstacle::no_starttls);
  refused({.starttls = true}, Obstacle::no_handshake);
  refused({.starttls = true, .handshake = true}, Obstacle::certificate);
}

TEST(JudgeSession, DeliversUnderTestingAndReportsEveryFailure) {  // R108
  const Expectation expected = expect_of(terms(Mode::testing), "mx2.example.com", {});
  const SessionJudgement judged = judge_session(expected, {.starttls = true, .handshake = true});
  EXPECT_TRUE(judged.gets_mail);
  EXPECT_EQ(judged.failures, (Failures{{.rule = Rule::mta_sts, .obstacle = Obstacle::not_named},
                                       {.rule = Rule::mta_sts, .obstacle = Obstacle::certificate}}));
}

TEST(JudgeSession, LetsNoModeOverrideAFailingDane) {  // R119, R120
  for (const Mode mode : {Mode::enforce, Mode::testing, Mode::none}) {
    const SessionJudgement judged = judge(mode, secure_usable, good);
    EXPECT_FALSE(judged.gets_mail);
    EXPECT_EQ(judged.failures, of_dane(Obstacle::tlsa_mismatch));
  }
}

TEST(JudgeSession, AsksNoPkixCertificateOfAHostThatDaneAuthenticates) {  // R120, R124
  const SmtpSession by_dane{.starttls = true, .handshake = true, .fits_tlsa = true};
  EXPECT_TRUE(judge(Mode::enforce, secure_usable, by_dane).gets_mail);
  // Behind MX records that anybody may have forged both must hold.
  EXPECT_EQ(judge(Mode::enforce, {.tlsa = Tlsa::usable}, by_dane).failures, of_policy(Obstacle::certificate));
}

TEST(JudgeSession, DemandsTlsWhereTlsaRecordsAreUnusableAndLeavesTheRestToThePolicy) {  // R121
  constexpr Dane unusable{.tlsa = Tlsa::unusable, .mx_secure = true};
  for (const Mode mode : {Mode::enforce, Mode::testing, Mode::none}) {
    EXPECT_EQ(judge(mode, unusable, {}).failures, of_dane(Obstacle::no_starttls));
    EXPECT_FALSE(judge(mode, unusable, {.starttls = true}).gets_mail);
  }
  EXPECT_FALSE(judge(Mode::enforce, unusable, {.starttls = true, .handshake = true}).gets_mail);
  EXPECT_TRUE(judge(Mode::none, unusable, {.starttls = true, .handshake = true}).gets_mail);
}

}  // namespace
}  // namespace mta_sts::delivery
