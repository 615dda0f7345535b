#include "session_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outcome/fetch_result.hpp"
#include "sender/policy_fetch.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::exim {
namespace {

using outcome::PolicyType;
using outcome::ResultType;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view host = "mx.example.com";
constexpr std::string_view with_starttls = "250-mx.example.com hello\r\n250-SIZE 1\r\n250 STARTTLS\r\n";
constexpr std::string_view without_starttls = "250-mx.example.com hello\n250-STARTTLSX\n250 SIZE";
constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'800'000'000)};

std::string verdict_line(VerdictMode mode, std::string_view pattern = host) {
  Verdict verdict;
  verdict.mode = mode;
  verdict.source = VerdictSource::none;
  if (mode != VerdictMode::none) {
    verdict.id = "1";
    verdict.mx = {std::string(pattern)};
    verdict.source = VerdictSource::cache;
    verdict.expires = now;
  }
  return render_verdict_line(verdict);
}

// A process of Exim that sends for one verdict, and what it told.
class Delivery {
 public:
  explicit Delivery(std::string verdict) : verdict_(std::move(verdict)) {}

  TransportEvent event(EventKind kind, std::string_view data = "") const {
    TransportEvent made;
    made.kind = kind;
    made.data = data;
    made.verdict = verdict_;
    made.now = now;
    made.domain = "example.com";
    made.host = host;
    made.address = "192.0.2.1";
    made.is_mx_name = true;
    return made;
  }

  void take(const TransportEvent& event) {
    if (auto outcome = watch_.take(event)) {
      told.push_back(*std::move(outcome));
    }
  }

  void take(EventKind kind, std::string_view data = "") { take(event(kind, data)); }

  void open(std::string_view ehlo = with_starttls) {
    take(EventKind::tcp_connect);
    take(EventKind::smtp_connect, "220 mx.example.com");
    take(EventKind::smtp_ehlo, ehlo);
  }

  void show_certificate(std::string_view names, std::chrono::sys_seconds expiry = now) {
    TransportEvent made = event(EventKind::tls_cert, "0");
    made.dns_names = names;
    made.expiry = expiry;
    take(made);
  }

  void stand(bool is_verified, bool is_dane = false) {
    TransportEvent made = event(EventKind::smtp_ehlo, without_starttls);
    made.has_tls = true;
    made.is_verified = is_verified;
    made.is_dane = is_dane;
    take(made);
  }

  void close(bool has_begun = false) {
    TransportEvent made = event(EventKind::tcp_close);
    made.handshake_begun = has_begun;
    take(made);
  }

  std::vector<ResultType> types() const {
    std::vector<ResultType> types;
    for (const auto& session : told) {
      for (const auto& failure : session.policies.front().failures) {
        types.push_back(failure.type);
      }
    }
    return types;
  }

  std::vector<outcome::SessionOutcome> told;

 private:
  std::string verdict_;
  SessionWatch watch_;
};

TEST(SessionWatch, CountsASessionOnceWhenTlsStands) {
  Delivery delivery(verdict_line(VerdictMode::enforce));
  delivery.open();
  EXPECT_THAT(delivery.told, IsEmpty());
  delivery.show_certificate("mx.example.com");
  delivery.stand(true);
  delivery.close(true);
  ASSERT_EQ(delivery.told.size(), 1U);
  const auto& policy = delivery.told[0].policies.at(0);
  EXPECT_EQ(policy.type, PolicyType::sts);
  EXPECT_THAT(policy.mx_hosts, ElementsAre("mx.example.com"));
  EXPECT_FALSE(policy.has_failed);
}

TEST(SessionWatch, TellsStarttlsNotOfferedFromRefused) {
  Delivery none(verdict_line(VerdictMode::testing));
  none.open(without_starttls);
  none.close();
  Delivery refused(verdict_line(VerdictMode::testing));
  refused.open();
  refused.close();
  for (const Delivery* delivery : {&none, &refused}) {
    EXPECT_THAT(delivery->types(), ElementsAre(ResultType::starttls_not_supported));
  }
  EXPECT_EQ(none.told[0].policies[0].failures[0].reason_code, "not offered");
  EXPECT_EQ(refused.told[0].policies[0].failures[0].reason_code, "refused");
}

TEST(SessionWatch, TellsAHostThatKnowsNoEhloFromOneThatRefusesThisClient) {
  Delivery old(verdict_line(VerdictMode::testing));
  old.open("502 5.5.2 no such command");
  old.close();
  EXPECT_THAT(old.types(), ElementsAre(ResultType::starttls_not_supported));
  EXPECT_EQ(old.told[0].policies[0].failures[0].helo, "");
  for (const std::string_view answer :
       {"421 too busy", "450 4.7.1 later", "501 bad name", "504 5.5.2 need a full name",
        "550 5.7.1 you are listed", "554 no", ""}) {
    Delivery refused(verdict_line(VerdictMode::testing));
    refused.open(answer);
    refused.close();
    EXPECT_THAT(refused.told, IsEmpty()) << answer;
  }
}

TEST(SessionWatch, KnowsWhatEximForgetsBeforeItPassesAConnectionOn) {
  Delivery delivery(verdict_line(VerdictMode::testing));
  delivery.open();
  TransportEvent close;
  close.kind = EventKind::tcp_close;
  close.now = now;
  delivery.take(close);
  delivery.take(close);
  EXPECT_THAT(delivery.types(), ElementsAre(ResultType::starttls_not_supported));
  ASSERT_EQ(delivery.told.size(), 1U);
  EXPECT_EQ(delivery.told[0].domain, "example.com");
  EXPECT_EQ(delivery.told[0].policies[0].type, PolicyType::sts);
  EXPECT_EQ(delivery.told[0].policies[0].failures[0].mx, host);
  EXPECT_EQ(delivery.told[0].policies[0].failures[0].reason_code, "refused");
}

TEST(SessionWatch, AHandshakeThatFailsIsToldWithEximsReasonAndItsSecondAttemptIsNone) {
  Delivery delivery(verdict_line(VerdictMode::none));
  delivery.open();
  delivery.close(true);
  EXPECT_THAT(delivery.told, IsEmpty());
  delivery.take(EventKind::host_defer,
                "TLS session: (gnutls_handshake): An unexpected TLS packet was received.");
  delivery.open();
  delivery.close();
  EXPECT_THAT(delivery.types(), ElementsAre(ResultType::validation_failure));
  EXPECT_THAT(delivery.told[0].policies[0].failures[0].reason_code,
              testing::HasSubstr("unexpected TLS packet"));
  delivery.open();  // the next message of this process
  delivery.close();
  EXPECT_EQ(delivery.told.size(), 2U);
}

TEST(SessionWatch, JudgesTheCertificateThatEndedTheHandshake) {
  const std::string_view reason = "TLS session: (certificate verification failed): certificate invalid";
  for (const auto& [names, expiry, type] :
       {std::tuple("other.example.com", now, ResultType::certificate_host_mismatch),
        std::tuple("mx.example.com", now - std::chrono::seconds(1), ResultType::certificate_expired),
        std::tuple("mx.example.com", now, ResultType::certificate_not_trusted),
        std::tuple("", now, ResultType::certificate_host_mismatch)}) {
    Delivery delivery(verdict_line(VerdictMode::enforce));
    delivery.open();
    delivery.show_certificate(names, expiry);
    delivery.close(true);
    delivery.take(EventKind::host_defer, reason);
    EXPECT_THAT(delivery.types(), ElementsAre(type)) << names;
  }
}

TEST(SessionWatch, JudgesUnderTestingWhatItDoesNotRefuse) {
  Delivery untrusted(verdict_line(VerdictMode::testing));
  untrusted.open();
  untrusted.show_certificate("mx.example.com");
  untrusted.stand(false);
  EXPECT_THAT(untrusted.types(), ElementsAre(ResultType::certificate_not_trusted));
  EXPECT_TRUE(untrusted.told[0].policies[0].has_failed);

  Delivery unnamed(verdict_line(VerdictMode::testing, "mx.example.net"));
  unnamed.open();
  unnamed.show_certificate("mx.example.com");
  unnamed.stand(true);
  EXPECT_THAT(unnamed.types(), ElementsAre(ResultType::validation_failure));
  EXPECT_EQ(unnamed.told[0].policies[0].failures[0].reason_code, "sts-mx-mismatch");

  Delivery common_name_only(verdict_line(VerdictMode::testing));
  common_name_only.open();
  common_name_only.show_certificate("");
  common_name_only.stand(true);
  EXPECT_THAT(common_name_only.types(), ElementsAre(ResultType::certificate_host_mismatch));
}

TEST(SessionWatch, CountsUsableTlsaRecordsInPlaceOfThePolicy) {
  Delivery delivery(verdict_line(VerdictMode::enforce));
  delivery.open();
  delivery.stand(true, true);
  ASSERT_EQ(delivery.told.size(), 1U);
  EXPECT_EQ(delivery.told[0].policies[0].type, PolicyType::tlsa);
  EXPECT_EQ(delivery.told[0].policies[0].domain, host);

  Delivery failing(verdict_line(VerdictMode::enforce));
  failing.open();
  TransportEvent unusable = failing.event(EventKind::dane_fail, "validation-failure");
  failing.take(unusable);  // no TLSA record demands it
  EXPECT_THAT(failing.told, IsEmpty());
  unusable.has_tlsa = true;
  failing.take(unusable);
  failing.close(true);
  failing.take(EventKind::host_defer, "TLS session: (certificate verification failed)");
  EXPECT_THAT(failing.types(), ElementsAre(ResultType::validation_failure));
}

TEST(SessionWatch, TellsOnceForAllRecipientsThatThePolicyNamesNoHost) {
  Delivery delivery(verdict_line(VerdictMode::enforce));
  delivery.take(EventKind::no_mx_named);
  delivery.take(EventKind::no_mx_named);
  TransportEvent other = delivery.event(EventKind::no_mx_named);
  other.domain = "example.net";
  delivery.take(other);
  delivery.take(EventKind::no_mx_named);  // recipients come in any order
  EXPECT_THAT(delivery.types(), ElementsAre(ResultType::validation_failure, ResultType::validation_failure));
}

TEST(SessionWatch, IsNoSession) {  // R131
  Delivery refused_at_once(verdict_line(VerdictMode::enforce));
  refused_at_once.take(EventKind::tcp_connect);
  refused_at_once.take(EventKind::host_defer, "Connection refused");
  refused_at_once.take(EventKind::tcp_connect);
  refused_at_once.take(EventKind::smtp_connect, "554 no");
  refused_at_once.close();
  Delivery not_asked("mode=none");
  not_asked.open();
  not_asked.stand(true);
  Delivery in_the_middle(verdict_line(VerdictMode::enforce));
  in_the_middle.stand(true);  // of a connection that another process made
  in_the_middle.close(true);
  for (const Delivery* delivery : {&refused_at_once, &not_asked, &in_the_middle}) {
    EXPECT_THAT(delivery->told, IsEmpty());
  }
}

TEST(SessionPolicy, KnowsTheWordsOfFailedFetches) {
  for (int number = 0; number <= static_cast<int>(sender::FetchErrorKind::fetch_internal); ++number) {
    const auto kind = static_cast<sender::FetchErrorKind>(number);
    const auto type = outcome::fetch_result_type(to_string(kind));
    if (kind == sender::FetchErrorKind::fetch_internal) {
      EXPECT_FALSE(type);  // this host's own trouble
      continue;
    }
    ASSERT_TRUE(type) << to_string(kind);
    const std::string_view expected = sender::tlsrpt_result_type(kind);
    EXPECT_EQ(*type == ResultType::sts_webpki_invalid, expected == "sts-webpki-invalid");
    EXPECT_EQ(*type == ResultType::sts_policy_invalid, expected == "sts-policy-invalid");
  }
  for (const std::string_view word :
       {"", "txt-none", "txt-invalid", "fetch-slow", "exception-off", "dns-failure-limit"}) {
    EXPECT_FALSE(outcome::fetch_result_type(word)) << word;
  }
}

}  // namespace
}  // namespace mta_sts::exim
