#include "outcome/datagram/datagram.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outcome/datagram/corrections.hpp"

namespace mta_sts::outcome {
namespace {

using testing::ElementsAre;
using testing::Pair;
using enum DatagramError;

// As Debian 13's libtlsrpt wrote it for Postfix 3.10, names and addresses replaced.
constexpr std::string_view of_postfix =
    R"({"d":"rcpt.example","pr":"v=TLSRPTv1; rua=mailto:tls@rcpt.example","policies":[{"policy-type":2,)"
    R"("policy-string":["version: STSv1","mode: enforce","mx: *.rcpt.example","max_age: 604800"],)"
    R"("policy-domain":"rcpt.example","mx-host":["*.rcpt.example"],"failure-details":[{"c":205,)"
    R"("s":"192.0.2.1","n":"mx.rcpt.example","h":"250-mx.rcpt.example\n250-PIPELINING\n250 STARTTLS",)"
    R"("r":"198.51.100.7","f":"unable_to_get_local_issuer_certificate"}],"t":1,"f":1}]})";

std::string with(std::string_view policy, std::string_view rest = "") {
  return R"({"dpv":"1","d":"rcpt.example")" + std::string(rest) + R"(,"policies":[)" + std::string(policy) +
         "]}";
}

DatagramError error_of(std::string bytes) {
  const auto parsed = parse_datagram(bytes);
  EXPECT_FALSE(parsed) << bytes.substr(0, 200);
  return parsed ? too_large : parsed.error();
}

constexpr std::string_view success = R"({"policy-type":9,"f":0})";

TEST(Datagram, ReadsWhatPostfixSends) {
  const auto parsed = parse_datagram(std::string(of_postfix));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->domain, "rcpt.example");
  EXPECT_EQ(parsed->record, "v=TLSRPTv1; rua=mailto:tls@rcpt.example");
  ASSERT_EQ(parsed->policies.size(), 1U);
  const PolicyOutcome& policy = parsed->policies[0];
  EXPECT_EQ(policy.type, PolicyType::sts);
  EXPECT_EQ(policy.domain, "rcpt.example");
  EXPECT_TRUE(policy.has_failed);
  EXPECT_THAT(policy.policy_string,
              ElementsAre("version: STSv1", "mode: enforce", "mx: *.rcpt.example", "max_age: 604800"));
  EXPECT_THAT(policy.mx_hosts, ElementsAre("*.rcpt.example"));
  EXPECT_THAT(policy.failures,
              ElementsAre(SessionFailure{.type = ResultType::validation_failure,
                                         .sending_ip = "192.0.2.1",
                                         .mx = "mx.rcpt.example",
                                         .helo = "250-mx.rcpt.example\n250-PIPELINING\n250 STARTTLS",
                                         .receiving_ip = "198.51.100.7",
                                         .additional_information = "",
                                         .reason_code = "unable_to_get_local_issuer_certificate"}));
}

TEST(Datagram, IsCorrectedWherePostfixMeansSomethingElse) {
  auto parsed = parse_datagram(std::string(of_postfix));
  ASSERT_TRUE(parsed);
  correct(*parsed);
  EXPECT_EQ(parsed->policies[0].failures[0].type, ResultType::certificate_not_trusted);
  EXPECT_EQ(parsed->policies[0].failures[0].helo, "mx.rcpt.example");

  const auto corrected = [](ResultType type, std::string helo, std::string reason) {
    SessionOutcome outcome;
    outcome.policies.push_back({});
    SessionFailure& failure = outcome.policies[0].failures.emplace_back();
    failure.type = type;
    failure.helo = std::move(helo);
    failure.reason_code = std::move(reason);
    correct(outcome);
    return outcome.policies[0].failures[0];
  };
  using enum ResultType;
  EXPECT_EQ(corrected(validation_failure, "", "tls-handshake-failure").type, validation_failure);
  EXPECT_EQ(corrected(validation_failure, "", "self-signed_certificate").type, certificate_not_trusted);
  EXPECT_EQ(corrected(certificate_expired, "", "self-signed_certificate").type, certificate_expired);
  EXPECT_EQ(corrected(certificate_expired, "mx.example at your service", "").helo, "mx.example");
  EXPECT_EQ(corrected(certificate_expired, "250 [192.0.2.1]\r\n", "").helo, "[192.0.2.1]");
  EXPECT_EQ(corrected(certificate_expired, std::string(300, 'a'), "").helo, "");
}

TEST(Datagram, LosesNamesAndAddressesThatAreNone) {
  const auto corrected = [](const std::string& name, const std::string& address) {
    SessionOutcome outcome;
    outcome.policies.emplace_back().domain = name;
    SessionFailure& failure = outcome.policies[0].failures.emplace_back();
    failure.mx = name;
    failure.sending_ip = failure.receiving_ip = address;
    correct(outcome);
    EXPECT_EQ(outcome.policies[0].domain, failure.mx);
    EXPECT_EQ(failure.sending_ip, failure.receiving_ip);
    return std::pair(failure.mx, failure.sending_ip);
  };
  EXPECT_THAT(corrected("mx_1.example", "192.0.2.1"), Pair("mx_1.example", "192.0.2.1"));
  EXPECT_THAT(corrected("a b", "2001:DB8:0::1"), Pair("", "2001:db8::1"));
  EXPECT_THAT(corrected("b\xC3\xBCro.example", "192.0.2.999"), Pair("", ""));
  EXPECT_THAT(corrected(std::string(254, 'a'), "unknown"), Pair("", ""));
}

TEST(Datagram, TakesAnyOrderAndKeysItDoesNotKnow) {
  EXPECT_TRUE(parse_datagram(with(success)));
  EXPECT_TRUE(parse_datagram(with(R"({"x":[{"y":{}}],"f":0,"policy-type":1,"t":0})", R"(,"more":null)")));
  EXPECT_EQ(parse_datagram(R"({"d":"Rcpt.Example.","policies":[{"policy-type":9,"f":0}]})")->domain,
            "rcpt.example");
  EXPECT_EQ(parse_datagram(R"({"d":"käse.example","policies":[{"policy-type":9,"f":0}]})")->domain,
            "xn--kse-qla.example");
}

TEST(Datagram, IsRefusedAsAWholeWhereAPartIsWrong) {
  EXPECT_EQ(error_of(""), not_json);
  EXPECT_EQ(error_of("[]"), not_json);
  EXPECT_EQ(error_of(with(success) + "x"), not_json);
  EXPECT_EQ(error_of(with(success) + std::string(1, '\0') + "x"), not_json);
  EXPECT_EQ(error_of(std::string(100'000, '[')), not_json);
  EXPECT_EQ(error_of("\"\xF3"), not_json);
  EXPECT_EQ(error_of("{\"d\":\"\xFF.example\"}"), not_json);
  EXPECT_EQ(error_of(std::string(datagram_limit_bytes + 1, ' ')), too_large);
  EXPECT_EQ(error_of(R"({"dpv":"2","d":"a.example","policies":[{"policy-type":9,"f":0}]})"), other_version);
  EXPECT_EQ(error_of(R"({"dpv":1,"d":"a.example","policies":[{"policy-type":9,"f":0}]})"), other_version);
  EXPECT_EQ(error_of(R"({"policies":[{"policy-type":9,"f":0}]})"), bad_domain);
  EXPECT_EQ(error_of(R"({"d":"a b","policies":[{"policy-type":9,"f":0}]})"), bad_domain);
  for (const std::string_view policy :
       {"", "1", "{}", R"({"policy-type":9})", R"({"f":0})", R"({"policy-type":3,"f":0})",
        R"({"policy-type":9,"f":2})", R"({"policy-type":9,"f":-1})", R"({"policy-type":"9","f":0})",
        R"({"policy-type":2,"f":0,"policy-string":"version: STSv1"})",
        R"({"policy-type":2,"f":0,"mx-host":[1]})", R"({"policy-type":2,"f":0,"mx-host":["\uDC00"]})",
        R"({"policy-type":2,"f":0,"mx-host":["a\nb"]})", R"({"policy-type":2,"f":1,"failure-details":{}})",
        R"({"policy-type":2,"f":1,"failure-details":[{"c":200}]})",
        R"({"policy-type":2,"f":1,"failure-details":[{"c":201,"s":1}]})"}) {
    EXPECT_EQ(error_of(with(policy)), bad_value) << policy;
  }
  EXPECT_EQ(error_of(with(success, R"(,"pr":1)")), bad_value);
}

TEST(Datagram, BoundsWhatOneMayHold) {
  const auto list = [](std::string_view item, std::size_t count) {
    std::string text;
    for (std::size_t index = 0; index < count; ++index) {
      text += (index == 0 ? "" : ",") + std::string(item);
    }
    return text;
  };
  EXPECT_TRUE(parse_datagram(with(list(success, policies_limit))));
  EXPECT_EQ(error_of(with(list(success, policies_limit + 1))), bad_value);
  const auto failing = [&](std::size_t count) {
    return with(R"({"policy-type":2,"f":1,"failure-details":[)" + list(R"({"c":201})", count) + "]}");
  };
  EXPECT_TRUE(parse_datagram(failing(failures_limit)));
  EXPECT_EQ(error_of(failing(failures_limit + 1)), bad_value);
  const std::string line(40'000, 'a');
  EXPECT_EQ(
      error_of(with(R"({"policy-type":2,"f":0,"policy-string":[")" + line + R"(",")" + line + R"("]})")),
      bad_value);
  const std::string long_reason = "€" + std::string(1023, 'a') + "€";
  const auto cut = parse_datagram(with(R"({"policy-type":2,"f":1,"failure-details":[{"c":201,"f":")" +
                                       long_reason.substr(3) + R"("}]})"));
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->policies[0].failures[0].reason_code, std::string(1023, 'a'));
}

TEST(Datagram, KnowsTheResultTypesOfTheRfc) {
  for (const std::uint64_t number : {201U, 202U, 203U, 204U, 205U, 301U, 302U, 303U, 304U, 305U, 306U}) {
    ASSERT_TRUE(result_type_of(number)) << number;
    EXPECT_EQ(std::to_underlying(*result_type_of(number)), number);
  }
  for (const std::uint64_t number : {0ULL, 200ULL, 206ULL, 300ULL, 307ULL, 901ULL, 65737ULL}) {
    EXPECT_FALSE(result_type_of(number)) << number;
  }
}

}  // namespace
}  // namespace mta_sts::outcome
