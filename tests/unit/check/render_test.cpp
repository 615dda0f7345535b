// What people and programs read of a diagnosis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "check/diagnosis.hpp"
#include "check/render_prometheus.hpp"
#include "recordings.hpp"

namespace mta_sts::check {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string plain(TextRole, std::string_view text) {
  return std::string(text);
}

Diagnosis diagnosis_of(const json& patch) {
  const Facts facts = facts_of(healthy_recording().patch(patch));
  return diagnose(facts, facts.domain);
}

std::string text_of(const json& patch, bool all = false) {
  return render_text(diagnosis_of(patch), all, plain);
}

// A patch that serves another policy wherever it is asked for, with no local server to differ from.
json serving(const std::string& policy) {
  const json healthy = healthy_recording();
  json patch = json::parse(R"([{"op": "replace", "path": "/local", "value": null}])");
  for (const std::string list : {"by_address", "by_user_agent"}) {
    for (std::size_t i = 0; i < healthy["https"][list].size(); ++i) {
      const std::string path = "/https/" + list + "/" + std::to_string(i) + "/body";
      patch.push_back({{"op", "replace"}, {"path", path}, {"value", policy}});
    }
  }
  return patch;
}

constexpr long screen_lines = 24;

TEST(RenderText, FitsAHealthyDomainOnOneScreen) {
  const std::string text = text_of(json::array());
  EXPECT_LE(std::ranges::count(text, '\n'), screen_lines) << text;
  EXPECT_THAT(text, HasSubstr("example.com: mode enforce, max_age 14 days, id 20260101T"));
  EXPECT_THAT(text, HasSubstr("A sender with MTA-STS delivers over verified TLS."));
  EXPECT_THAT(text, HasSubstr("0 errors, 0 warnings"));
}

TEST(RenderText, GivesTheVerdictFirstThenEachFaultWithItsFix) {
  const std::string text =
      text_of(json::parse(R"([{"op": "replace", "path": "/dns/mx/0/name", "value": "mx9.example.com"}])"));
  EXPECT_LT(text.find("A sender"), text.find("error C52"));
  EXPECT_THAT(text, HasSubstr("error C52 An MX host is not in the policy"));
  EXPECT_THAT(text, HasSubstr("mx9.example.com is in no mx line"));
  EXPECT_THAT(text, HasSubstr("line  mx: mx9.example.com"));
}

TEST(RenderText, GivesEachLineToCopyAlone) {
  const auto diagnosis = diagnosis_of(json::parse(R"([
    {"op": "replace", "path": "/https/by_address/0/body",
     "value": "version: STSv1\nmode: enforce\nmx: *.icloud.com\nmax_age: 1209600\n"},
    {"op": "replace", "path": "/dns/mx/0/name", "value": "mx01.mail.icloud.com"},
    {"op": "replace", "path": "/dns/mx/1/name", "value": "mx02.mail.icloud.com"}])"));
  const std::string text = render_text(diagnosis, false, plain);
  EXPECT_THAT(
      text,
      HasSubstr(
          "and change the id.\n    line  mx: mx01.mail.icloud.com\n    line  mx: mx02.mail.icloud.com\n"));
  EXPECT_THAT(render_json(diagnosis),
              HasSubstr(R"("line":"mx: mx01.mail.icloud.com\nmx: mx02.mail.icloud.com")"));
}

TEST(RenderText, ShowsEveryCheckWhenAsked) {
  const std::string text = text_of(json::array(), true);
  for (const Check* check : catalogue()) {
    EXPECT_THAT(text, HasSubstr(" " + id_of(check->number) + " "));
  }
}

TEST(RenderText, ShowsTlsAndTheCertificateOfEveryAddressWhenAsked) {
  const std::string text = text_of(json::array(), true);
  EXPECT_THAT(text, HasSubstr("  mta-sts.example.com [192.0.2.10]\n"
                              "    TLS     TLSv1.3, TLS_AES_256_GCM_SHA384\n"
                              "    ends    2026-04-30 12:00 UTC, 60 days left\n"
                              "    names   mta-sts.example.com\n"
                              "    key     EC prime256v1, ecdsa-with-SHA256\n"
                              "    issuer  CN=Public CA\n"
                              "    chain   2 certificates sent, leads to a trusted root\n"
                              "  mta-sts.example.com [2001:db8::10]\n"
                              "    TLS     TLSv1.3, TLS_AES_256_GCM_SHA384\n"
                              "    cert    the same as at [192.0.2.10]\n"
                              "    ends    2026-04-30 12:00 UTC, 60 days left\n"));
  EXPECT_THAT(text, HasSubstr("  mx2.example.com [198.51.100.1]\n"));
  EXPECT_THAT(text_of(json::array()), Not(HasSubstr("CN=Public CA")));
}

TEST(RenderText, ShowsTheRecordsAndThePolicyAsPublishedWhenAsked) {
  const std::string text = text_of(json::array(), true);
  EXPECT_THAT(text, HasSubstr("  _mta-sts.example.com TXT v=STSv1; id=20260101T;\n"
                              "  _smtp._tls.example.com TXT v=TLSRPTv1; rua=mailto:tls-reports@example.com\n"
                              "  example.com MX 10 mx1.example.com\n"
                              "  example.com MX 20 mx2.example.com\n"
                              "  mta-sts.example.com A 192.0.2.10\n"
                              "  mta-sts.example.com AAAA 2001:db8::10\n"
                              "  mx1.example.com A 192.0.2.1\n"));
  EXPECT_THAT(text, HasSubstr("  _25._tcp.mx1.example.com TLSA 3 1 1 abab"));
  EXPECT_THAT(text,
              HasSubstr("  https://mta-sts.example.com/.well-known/mta-sts.txt: 200, text/plain, 91 bytes\n"
                        "    version: STSv1\n"
                        "    mode: enforce\n"
                        "    mx: mx1.example.com\n"
                        "    mx: mx2.example.com\n"
                        "    max_age: 1209600\n\n"));
}

TEST(RenderText, TellsLookupsThatGaveNoRecordApart) {
  const std::string text = text_of(json::parse(R"([
      {"op": "replace", "path": "/dns/sts/answer", "value": {"status": "NXDOMAIN", "records": []}},
      {"op": "replace", "path": "/dns/sts/cnames", "value": ["sts.provider.example"]},
      {"op": "replace", "path": "/dns/tlsa/1/status", "value": "SERVFAIL"}])"),
                                   true);
  EXPECT_THAT(text, HasSubstr("  _mta-sts.example.com CNAME sts.provider.example\n"
                              "  sts.provider.example TXT none: NXDOMAIN\n"));
  EXPECT_THAT(text, HasSubstr("  _25._tcp.mx2.example.com TLSA none: SERVFAIL\n"));
}

TEST(RenderText, ShowsTheFirstLinesOfALongBody) {
  std::string body;
  for (int i = 0; i < 100; ++i) {
    body += "line " + std::to_string(i) + "\n";
  }
  json patch = json::array();
  patch.push_back({{"op", "replace"}, {"path", "/https/by_address/0/body"}, {"value", body}});
  const std::string text = text_of(patch, true);
  EXPECT_THAT(text, HasSubstr("    line 59\n    and 320 bytes more\n"));
  EXPECT_THAT(text, Not(HasSubstr("    line 60\n")));
}

TEST(RenderText, SaysForEachAreaHowItIs) {
  EXPECT_THAT(text_of(json::array()),
              HasSubstr("\nok record, policy host, policy, mail hosts, DANE, reports, life cycle\n"));
  const std::string broken = text_of(json::parse(R"([
      {"op": "replace", "path": "/dns/mx/0/name", "value": "mx9.example.com"},
      {"op": "replace", "path": "/https/by_address/0/tls/certificate/not_after", "value": 1772971200}])"));
  EXPECT_THAT(
      broken,
      HasSubstr("\nerror mail hosts\nwarning policy host, life cycle\nok record, policy, DANE, reports\n"));
}

TEST(RenderText, CallsAnAreaNotTestableThatWasNotLookedAt) {
  json patch = json::parse(R"([{"op": "replace", "path": "/conditions/port_25", "value": false}])");
  for (int i = 0; i < 3; ++i) {
    patch.push_back(
        {{"op", "replace"}, {"path", "/smtp/" + std::to_string(i) + "/reach"}, {"value", "port-blocked"}});
  }
  EXPECT_THAT(text_of(patch), HasSubstr("\nnot testable mail hosts\n"));
  EXPECT_THAT(text_of(patch), HasSubstr("[192.0.2.1] not testable\n"));
}

TEST(RenderText, SaysWhatIsToBeDoneNext) {
  EXPECT_THAT(text_of(json::array()),
              HasSubstr("next by 2026-04-30, 60 days left: renew the certificate of mta-sts.example.com\n"));
  const json week = serving("version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 86400\n");
  EXPECT_THAT(text_of(week, true),
              HasSubstr("Next\n  raise max_age to 1209600 (14 days), then change the id\n  by 2026-04-30, "));
  json testing = serving("version: STSv1\nmode: testing\nmx: *.example.com\nmax_age: 86400\n");
  testing.push_back({{"op", "replace"},
                     {"path", "/dns/tlsrpt/answer"},
                     {"value", {{"status", "NXDOMAIN"}, {"records", json::array()}}}});
  EXPECT_THAT(text_of(testing, true), HasSubstr("Next\n  publish a TLS-RPT record\n  go to enforce once"));
  const json broken =
      json::parse(R"([{"op": "replace", "path": "/dns/mx/0/name", "value": "mx9.example.com"}])");
  EXPECT_THAT(text_of(broken, true), HasSubstr("Next\n  fix the errors\n  by 2026-04-30, "));
  EXPECT_THAT(text_of(broken), Not(HasSubstr("next ")));
}

TEST(RenderText, SaysFromWhenOnAPolicyOfNoneMayBeRemoved) {
  json patch = serving("version: STSv1\nmode: none\nmax_age: 86400\n");
  patch.push_back(json::parse(R"({"op": "replace", "path": "/history", "value": [
      {"seen": 1772000000, "id": "1", "body_sha256": "aa", "mode": "enforce", "max_age": 1209600, "mx": []},
      {"seen": 1772300000, "id": "2", "body_sha256": "bb", "mode": "none", "max_age": 86400, "mx": []}]})"));
  EXPECT_THAT(text_of(patch, true),
              HasSubstr("  from 2026-03-14 on, in 13 days: the record and the policy may be removed\n"));
}

TEST(RenderText, SaysWhatSendersDoWithAndWithoutMtaStsAndDane) {
  EXPECT_THAT(text_of(json::array(), true), HasSubstr("What senders do\n"
                                                      "  mx1.example.com [192.0.2.1]\n"
                                                      "    with MTA-STS       verified TLS\n"
                                                      "    with DANE          TLS verified by DANE\n"
                                                      "    with neither       TLS, not verified\n"));
  const std::string broken = text_of(json::parse(R"([
      {"op": "replace", "path": "/smtp/0/with_sni/certificate/not_after", "value": 1772000000},
      {"op": "replace", "path": "/smtp/2/starttls_offered", "value": false},
      {"op": "replace", "path": "/smtp/2/with_sni/established", "value": false},
      {"op": "replace", "path": "/dns/tlsa/0/records/0", "value": "3 1 1 cdcd"}])"),
                                     true);
  EXPECT_THAT(broken, HasSubstr("  mx1.example.com [192.0.2.1]\n"
                                "    with MTA-STS       no delivery: the certificate is refused\n"
                                "    with DANE          no delivery: no TLSA record fits the certificate\n"
                                "    with neither       TLS, not verified\n"));
  EXPECT_THAT(broken, HasSubstr("  mx2.example.com [198.51.100.1]\n"
                                "    with MTA-STS       no delivery: no STARTTLS\n"
                                "    with DANE          in clear\n"
                                "    with neither       in clear\n"));
}

TEST(Areas, HaveEveryCheckButTheOneOfThisMachine) {
  for (const Check* check : catalogue()) {
    EXPECT_EQ(area_of(check->number).empty(), check->number == 69) << id_of(check->number);
  }
}

TEST(RenderText, SaysWhyAnAddressShowsNoCertificate) {
  const std::string text = text_of(json::parse(R"([
      {"op": "replace", "path": "/smtp/2/reach", "value": "refused"},
      {"op": "replace", "path": "/smtp/2/with_sni", "value": {"established": false, "version": "", "alpn": "", "error": "", "certificate": null}}])"),
                                   true);
  EXPECT_THAT(text, HasSubstr("  mx2.example.com [198.51.100.1]\n    TLS     connection refused\n"));
}

TEST(RenderText, ShowsTlsWhereNoAnswerCameAfterIt) {
  const std::string text = text_of(json::parse(R"([
      {"op": "replace", "path": "/https/by_address/0/tls/established", "value": false},
      {"op": "replace", "path": "/https/by_address/0/status", "value": 0}])"),
                                   true);
  EXPECT_THAT(text, HasSubstr("  mta-sts.example.com [192.0.2.10]\n    TLS     TLSv1.3, "));
}

TEST(RenderText, CountsTheDaysThatACertificateHasLeft) {
  const auto with_end = [](int end) {
    json patch = json::array();
    patch.push_back({{"op", "replace"},
                     {"path", "/https/by_address/0/tls/certificate/not_after"},
                     {"value", 1772366400 + end}});
    return text_of(patch, true);
  };
  EXPECT_THAT(with_end(86400), HasSubstr(", 1 day left\n"));
  EXPECT_THAT(with_end(86399), HasSubstr(", less than a day left\n"));
  EXPECT_THAT(with_end(-1), HasSubstr(", expired\n"));
}

TEST(RenderText, LetsNoForeignByteReachTheTerminal) {
  json patch = json::parse(
      R"([{"op": "replace", "path": "/dns/sts/answer/records", "value": [["v=STSv1; id=1; \u001b[2J"]]}])");
  const std::string text = text_of(patch, true);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("\\x1b[2J"));
}

TEST(RenderJson, IsOneObjectWithEveryCheck) {
  const json document = json::parse(render_json(diagnosis_of(json::array())));
  EXPECT_EQ(document["domain"], "example.com");
  EXPECT_EQ(document["mode"], "enforce");
  EXPECT_EQ(document["verdict"]["delivers"], true);
  EXPECT_EQ(document["counts"]["errors"], 0);
  EXPECT_GE(document["checks"].size(), 72U);
}

TEST(RenderJson, HasWhatSendersDoAtEachAddress) {
  const auto safety = [](const json& patch, std::size_t index) {
    const json at = json::parse(render_json(diagnosis_of(patch)))["senders"].at(index);
    return std::array{at["mta_sts"]["safety"].get<std::string>(), at["dane"]["safety"].get<std::string>(),
                      at["neither"]["safety"].get<std::string>()};
  };
  using Words = std::array<std::string, 3>;
  const json senders = json::parse(render_json(diagnosis_of(json::array())))["senders"];
  ASSERT_EQ(senders.size(), 3U);
  EXPECT_EQ(senders[0]["mx"], "mx1.example.com");
  EXPECT_EQ(senders[0]["address"], "192.0.2.1");
  EXPECT_EQ(senders[0]["mta_sts"]["words"], "verified TLS");
  EXPECT_EQ(senders[0]["dane"]["words"], "TLS verified by DANE");
  EXPECT_EQ(senders[0]["neither"]["words"], "TLS, not verified");
  EXPECT_EQ(safety(json::array(), 2), (Words{"verified", "encrypted", "encrypted"}));
  const json stripped = json::parse(
      R"([{"op": "replace", "path": "/smtp/2/starttls_offered", "value": false},
          {"op": "replace", "path": "/smtp/2/with_sni", "value": {}}])");
  EXPECT_EQ(safety(stripped, 2), (Words{"refused", "clear", "clear"}));
  const json blocked =
      json::parse(R"([{"op": "replace", "path": "/smtp/2/reach", "value": "port-blocked"}])");
  EXPECT_EQ(safety(blocked, 2), (Words{"unknown", "unknown", "unknown"}));
}

TEST(RenderJson, HasTheEndOfEveryCertificate) {
  const json document = json::parse(render_json(diagnosis_of(json::array())));
  ASSERT_EQ(document["certificates"].size(), 5U);
  const json& first = document["certificates"][0];
  EXPECT_EQ(first["service"], "https");
  EXPECT_EQ(first["host"], "mta-sts.example.com");
  EXPECT_EQ(first["not_after"], "2026-04-30T12:00:00Z");
  EXPECT_EQ(first["days_left"], 60);
  EXPECT_EQ(document["certificates"][4]["service"], "smtp");
}

TEST(RenderJson, StaysTextWhateverAStrangerSent) {
  Facts facts = facts_of(healthy_recording());
  facts.dns.sts.answer.records = {{std::string("v=STSv1; id=\xFF\x00", 14)}};
  EXPECT_TRUE(json::accept(render_json(diagnose(facts, "x"))));
}

TEST(RenderText, SaysWhatIsWrongAndNotWhatShouldHold) {
  for (const Check* check : catalogue()) {
    EXPECT_TRUE(check->severity == Severity::note || !check->fault.empty()) << id_of(check->number);
    EXPECT_NE(check->fault, check->title) << id_of(check->number);
  }
  const std::string text = text_of(json::parse(
      R"([{"op": "replace", "path": "/https/by_address/0/tls/certificate/not_after", "value": 1772000000}])"));
  EXPECT_THAT(text, HasSubstr("error C20 The certificate, or one above it, is not valid now\n"));
}

TEST(RenderText, HasOneWordForEachOutcome) {
  const std::string text =
      text_of(json::parse(R"([{"op": "replace", "path": "/conditions/ipv6", "value": false},
                              {"op": "replace", "path": "/https/by_address/1/reach", "value": "unreachable"}])"),
              true);
  EXPECT_THAT(text, HasSubstr("not testable C15"));
  EXPECT_THAT(text, HasSubstr("not applicable C06"));
  EXPECT_THAT(text, Not(HasSubstr("not-")));
}

TEST(RenderJson, SaysWhatIsWrongInTheTitle) {
  const json document = json::parse(render_json(diagnosis_of(
      json::parse(R"([{"op": "replace", "path": "/dns/mx/0/name", "value": "mx9.example.com"}])"))));
  const auto& checks = document["checks"];
  const auto fault = std::ranges::find_if(checks, [](const json& check) { return check["id"] == "C52"; });
  ASSERT_NE(fault, checks.end());
  EXPECT_EQ((*fault)["title"], "An MX host is not in the policy");
}

TEST(RenderMetrics, CountsByDomainAndGivesTheEndOfEveryCertificate) {
  CheckMetrics metrics;
  metrics.add(diagnosis_of(json::parse(
      R"([{"op": "replace", "path": "/smtp/0/with_sni/certificate/not_after", "value": 1772280000}])")));
  metrics.add_failure("absent.example");
  const std::string text = metrics.render(std::chrono::sys_seconds(std::chrono::seconds(1772366401)));
  EXPECT_THAT(text, HasSubstr("# TYPE mta_sts_check_last_run_timestamp_seconds gauge\n"
                              "mta_sts_check_last_run_timestamp_seconds 1772366401\n"));
  EXPECT_THAT(text, HasSubstr("mta_sts_check_completed{domain=\"absent.example\"} 0\n"
                              "mta_sts_check_completed{domain=\"example.com\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("mta_sts_check_errors{domain=\"example.com\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("mta_sts_check_certificate_days_left{domain=\"example.com\",service=\"https\",host="
                        "\"mta-sts.example.com\",address=\"192.0.2.10\"} 60\n"));
  EXPECT_THAT(text, HasSubstr("host=\"mx1.example.com\",address=\"192.0.2.1\"} -1\n"));
  EXPECT_THAT(text, HasSubstr("host=\"mx1.example.com\",address=\"192.0.2.1\"} 1772280000\n"));
}

TEST(RenderMetrics, HasEachSeriesOnce) {
  CheckMetrics metrics;
  metrics.add(diagnosis_of(json::array()));
  const std::string once = metrics.render({});
  metrics.add(diagnosis_of(json::array()));
  metrics.add_failure("example.com");
  EXPECT_EQ(metrics.render({}), once);
}

TEST(RenderExplanation, TellsHowAndWhy) {
  const auto all = catalogue();
  const std::string text = render_explanation(*all[25], plain);
  EXPECT_THAT(text, HasSubstr("C26 No filter by User-Agent"));
  EXPECT_THAT(text, HasSubstr("fix"));
}

}  // namespace
}  // namespace mta_sts::check
