#include "tlsrpt/read/read_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tlsrpt/model/report_values.hpp"
#include "tlsrpt/render/render_json.hpp"
#include "unit/tlsrpt/read.hpp"

namespace mta_sts::tlsrpt {
namespace {

using testing::HasSubstr;

const std::string one_policy = policy_text("", counts_text("1", "0"));

void words(std::string_view text, std::string_view expected) {
  EXPECT_EQ(read_bytes(text).words(), expected) << text.substr(0, 400);
}

void policy_words(std::string_view policy, std::string_view rest, std::string_view expected) {
  words(report_text(policy_text(policy, rest)), expected);
}

std::string detail_text(std::string_view members) {
  return counts_text("1", "2") +
         R"(,"failure-details":[{"result-type":"validation-failure","failed-session-count":2)" +
         std::string(members) + "}]";
}

TEST(ReportReader, TakesAPlainReportWithoutAWord) {
  words(report_text(one_policy), "");
  words("\r\n \t" + report_text(one_policy) + "\n", "");
  words(report_text(one_policy, R"("unknown":{"deep":[1,{"a":null}]},)"),
        "");  // R133: what it does not know, it skips
}

TEST(ReportReader, SaysWhatIsNoReport) {
  words("", "E_EMPTY");
  words(" \r\n\t", "E_EMPTY");
  words("\xEF\xBB\xBF", "E_EMPTY W_BOM");
  words("{}", "E_NOT_REPORT");
  words("[]", "E_NOT_REPORT");
  words("[42]", "E_NOT_REPORT");
  words("null", "E_NOT_REPORT");
  words("\"text\"", "E_NOT_REPORT");
  words(R"({"hello":"world"})", "E_NOT_REPORT");
  words("<?xml version=\"1.0\"?>", "E_NOT_REPORT");
  words(R"({"report-id":"x"})", "E_SCHEMA");
  words(R"({"report-id":"x","policies":null})", "E_SCHEMA");
}

TEST(ReportReader, SaysWhatIsBrokenJson) {
  words(R"({"policies":[)", "E_JSON");
  words(R"({"policies":[]]})", "E_JSON");
  words(R"({"policies":[,]})", "E_JSON");
  words(R"({"policies":"\x"})", "E_JSON");
  words(R"({policies:[]})", "E_JSON");
  words(R"({"policies":["unended)", "E_JSON");
  words("{\"policies\":[],\"report-id\":\"raw\nnewline\"}", "E_JSON");
}

TEST(ReportReader, BoundsTheNesting) {
  const auto nested = [](std::size_t depth) {
    return report_text(one_policy, "\"x\":" + std::string(depth, '[') + std::string(depth, ']') + ",");
  };
  words(nested(63), "");
  words(nested(64), "E_DEPTH");
  words(nested(5'000'000), "E_DEPTH");
  words(std::string(5'000'000, '['), "E_DEPTH");
}

TEST(ReportReader, KnowsWideText) {
  words(std::string_view("{\0\"\0a\0", 6), "E_ENCODING");
  words(std::string_view("\0{\0\"", 4), "E_ENCODING");
  words(std::string_view("\0\0\0{\0\0\0\"", 8), "E_ENCODING");
  words("\xFE\xFF", "E_ENCODING");
}

TEST(ReportReader, ReplacesWhatIsNotUtf8) {
  const auto organization = [](std::string_view name) {
    const auto read = read_bytes(R"({"organization-name":")" + std::string(name) + R"(","policies":[]})");
    EXPECT_TRUE(read.result.findings.quirks.contains(Quirk::utf8));
    return read.reports.empty() ? "no report" : read.reports.front().organization.value_or("none");
  };
  EXPECT_EQ(organization("Soci\xE9t\xE9"), "Soci\uFFFDt\uFFFD");  // Latin-1
  EXPECT_EQ(organization("a\xE2\x82z"), "a\uFFFDz");              // a character cut short is one
  EXPECT_EQ(organization("a\xF0\x9F\x98z"), "a\uFFFDz");
  EXPECT_EQ(organization("a\xC0\xAFz"), "a\uFFFD\uFFFDz");            // overlong
  EXPECT_EQ(organization("a\xED\xA0\x80z"), "a\uFFFD\uFFFD\uFFFDz");  // a surrogate
  EXPECT_EQ(organization("a\\ud800z"), "a\uFFFDz");                   // half an escape
  EXPECT_EQ(organization("a\\udc00\\ud800"), "a\uFFFD\uFFFD");        // halves in the wrong order
  EXPECT_EQ(organization("a\\ud800\\u0041"),
            "a\uFFFD"
            "A");
}

TEST(ReportReader, KeepsWholeSurrogatePairs) {
  const auto read = read_bytes(R"({"organization-name":"\ud83d\ude00 \\ud800","policies":[]})");
  ASSERT_EQ(read.reports.size(), 1U);
  EXPECT_EQ(read.reports.front().organization, "\U0001F600 \\ud800");
  EXPECT_FALSE(read.result.findings.quirks.contains(Quirk::utf8));
}

TEST(ReportReader, TakesSeveralTexts) {
  const std::string text = report_text(one_policy);
  EXPECT_EQ(read_bytes(text + text).reports.size(), 2U);
  EXPECT_EQ(read_bytes("[" + text + "," + text + "]").reports.size(), 2U);
  words(text + "garbage", "W_TRAILING");
  words(text + std::string(3, '\0'), "W_TRAILING");
  words(text + R"({"policies":[)", "E_JSON");  // a second report that was cut short is not silently lost
  words("[" + text + R"(,{"hello":1}])", "E_NOT_REPORT W_ARRAY");
}

TEST(ReportReader, KeepsTheQuirksOfOneReportFromTheNext) {
  const auto read = read_bytes(report_text("") + report_text(one_policy));
  ASSERT_EQ(read.reports.size(), 2U);
  EXPECT_TRUE(read.reports[0].quirks.contains(Quirk::no_policies));
  EXPECT_TRUE(read.reports[1].quirks.empty());
}

TEST(ReportReader, RefusesOnlyThePolicyWithABadCount) {
  for (const char* count :
       {"-1", "3.5", "18446744073709551616", "1e400", "\"-1\"", "\"12x\"", "\"\"", "true", "[]", "{}"}) {
    policy_words("", counts_text(count, "0"), "E_COUNT");
    policy_words("", counts_text("1", count), "E_COUNT");
  }
  const auto read = read_bytes(report_text(policy_text("", counts_text("-1", "0")) + "," + one_policy));
  EXPECT_EQ(read.result.status(), "partial");
  ASSERT_EQ(read.reports.size(), 1U);
  EXPECT_EQ(read.reports.front().policies.size(), 1U);
}

TEST(ReportReader, RefusesOnlyTheDetailWithABadCount) {
  const std::string details =
      R"(,"failure-details":[{"result-type":"certificate-expired","failed-session-count":3},)"
      R"({"result-type":"validation-failure","receiving-mx-hostname":"mx2.rcpt.example",)"
      R"("failed-session-count":-500}])";
  const auto read = read_bytes(report_text(policy_text("", counts_text("1", "503") + details)));
  EXPECT_EQ(read.words(), "E_COUNT");
  EXPECT_EQ(read.result.findings.problems.at(0).detail,
            "policy 1: failure detail 2 (validation-failure on mx2.rcpt.example) has a count that is "
            "negative, a fraction, too great or no number; the detail is left out");
  const PolicyReport& policy = read.reports.at(0).policies.at(0);
  EXPECT_EQ(policy.failure, 503U);
  EXPECT_EQ(policy.details.size(), 1U);
  // Without a summary nothing else tells how many failed.
  const auto alone = read_bytes(report_text(policy_text("", details)));
  EXPECT_EQ(alone.words(), "E_COUNT");
  EXPECT_TRUE(alone.reports.at(0).policies.empty());
}

TEST(ReportReader, KeepsWhatDetailsSayInAnyForm) {
  const auto read = read_bytes(report_text(policy_text(
      "", detail_text(R"(,"failure-reason-code":421,"additional-information":["a",5,null,"b"],)"
                      R"("receiving-ip":" 192.0.2.1 ","sending-mta-ip":["192.0.2.2","192.0.2.3"])"))));
  EXPECT_EQ(read.words(), "W_DETAILS W_IP");
  const FailureDetail& detail = read.reports.at(0).policies.at(0).details.at(0);
  EXPECT_EQ(detail.reason_code, "421");
  EXPECT_EQ(detail.additional_information, "a, 5, b");
  EXPECT_EQ(detail.receiving_ip, "192.0.2.1");
  EXPECT_EQ(detail.sending_ip, "192.0.2.2, 192.0.2.3");
}

TEST(ReportReader, TakesOddCounts) {
  policy_words("", counts_text("\"12\"", "0"), "W_COUNT");
  policy_words("", counts_text("3.0", "0"), "W_COUNT");
  policy_words("", counts_text("1e3", "0"), "W_COUNT");
  policy_words("", counts_text("18446744073709551615", "0"), "");
}

TEST(ReportReader, TakesHalfASummary) {
  policy_words("", R"(,"summary":{"total-successful-session-count":1})", "W_SUMMARY");
  policy_words("", R"(,"summary":{"total-failure-session-count":0})", "W_SUMMARY");
  policy_words("", counts_text("null", "0"), "W_SUMMARY");
}

TEST(ReportReader, TakesEveryFormOfMxHost) {
  policy_words(R"(,"mx-host":["mx1.rcpt.example"])", counts_text("1", "0"), "");
  policy_words(R"(,"mx-host":null)", counts_text("1", "0"), "");
  policy_words(R"(,"mx-host":"mx1.rcpt.example")", counts_text("1", "0"), "W_MXHOST");
  policy_words(R"(,"mx-host-pattern":["*.rcpt.example"])", counts_text("1", "0"), "W_MXHOST");
  policy_words(R"(,"mx-host":["mx: mx1.rcpt.example"])", counts_text("1", "0"), "W_MXHOST");
  policy_words(R"(,"mx-host":["a.example, b.example"])", counts_text("1", "0"), "W_MXHOST");
  policy_words(R"(,"mx-host":[1])", counts_text("1", "0"), "W_MXHOST");
  policy_words(R"(,"mx-host":{})", counts_text("1", "0"), "W_MXHOST");
}

TEST(ReportReader, TakesEveryFormOfPolicyString) {  // R135
  policy_words(R"(,"policy-string":["version: STSv1"])", counts_text("1", "0"), "");
  policy_words(R"(,"policy-string":null)", counts_text("1", "0"), "");
  policy_words(R"(,"policy-string":"version: STSv1")", counts_text("1", "0"), "W_POLICY_STRING");
  policy_words(R"(,"policy-string":["[\"3 1 1 AB\"]"])", counts_text("1", "0"), "W_POLICY_STRING");
  policy_words(R"(,"policy-string":["[broken"])", counts_text("1", "0"), "W_POLICY_STRING");
  policy_words(R"(,"policy-string":[null])", counts_text("1", "0"), "W_POLICY_STRING");
}

TEST(ReportReader, TakesEveryFormOfDetails) {
  policy_words("", detail_text(""), "");
  policy_words("", counts_text("1", "0") + R"(,"failure-details":null)", "");
  policy_words("", counts_text("1", "0") + R"(,"failure-details":[])", "");
  policy_words("",
               counts_text("1", "0") +
                   R"(,"failure-details":{"result-type":"validation-failure","failed-session-count":0})",
               "W_DETAILS");
  policy_words("", counts_text("1", "0") + R"(,"failure-details":"none")", "W_DETAILS");
  policy_words("", counts_text("1", "0") + R"(,"failure-details":[null])", "W_DETAILS");
  policy_words("", counts_text("1", "0") + R"(,"failure-details":[{"result-type":"validation-failure"}])",
               "W_DETAILS");
  policy_words("", counts_text("1", "0") + R"(,"failure-details":[{"failed-session-count":0}])",
               "W_RESULT_TYPE");
  policy_words("", detail_text(R"(,"receiving-mx-hostname":null,"receiving-ip":null)"), "");
  policy_words("", detail_text(R"(,"receiving-ip":"999.1.1.1")"), "W_IP");
  policy_words("", detail_text(R"(,"receiving-mx-helo":"250-mx1\r\n250 OK")"), "W_CTRL");
  policy_words("", detail_text(R"(,"additional-info-uri":"https://a.example/","failure-error-code":"x")"),
               "");
}

TEST(ReportReader, TakesCountsThatOverlap) {  // R132
  const std::string details =
      counts_text("1", "1") +
      R"(,"failure-details":[{"result-type":"starttls-not-supported","failed-session-count":1},)"
      R"({"result-type":"validation-failure","failed-session-count":1}])";
  const auto read = read_bytes(report_text(policy_text("", details)));
  EXPECT_EQ(read.words(), "W_SUM");
  EXPECT_EQ(read.reports.at(0).policies.at(0).failure, 1U);  // the summary is the rate's basis
  EXPECT_EQ(read.reports.at(0).policies.at(0).details.size(), 2U);
}

TEST(ReportReader, NormalisesNames) {
  const auto read = read_bytes(report_text(
      R"({"policy":{"policy-type":"sts","policy-domain":"RCPT.Example."})" +
      detail_text(R"(,"receiving-mx-hostname":"MX1.Rcpt.example.","receiving-mx-helo":"mx1\r\nsecond")") +
      "}"));
  ASSERT_EQ(read.reports.size(), 1U);
  const PolicyReport& policy = read.reports.front().policies.front();
  EXPECT_EQ(policy.domain, "rcpt.example");
  EXPECT_EQ(policy.details.front().host, "mx1.rcpt.example");
  EXPECT_EQ(policy.details.front().helo, "mx1");
}

TEST(ReportReader, CountsULabelsUnderTheirALabels) {  // R136
  const auto read =
      read_bytes(report_text(R"({"policy":{"policy-type":"sts","policy-domain":"m\u00fcnchen.example"})" +
                             counts_text("2", "0") + "}"));
  EXPECT_EQ(read.words(), "W_U_LABEL");
  EXPECT_EQ(read.reports.front().policies.front().domain, "m\u00FCnchen.example");
  EXPECT_EQ(read.reports.front().policies.front().counted_domain, "xn--mnchen-3ya.example");
}

TEST(ReportReader, KnowsTypesInAnyCaseAndKeepsUnknownOnes) {  // R134
  const auto type_of = [](std::string_view type) {
    const auto read =
        read_bytes(report_text(R"({"policy":{"policy-type":")" + std::string(type) +
                               R"(","policy-domain":"a.example"})" + counts_text("1", "0") + "}"));
    return read.reports.front().policies.front().type.value_or("none") + "/" + read.words();
  };
  EXPECT_EQ(type_of("tlsa"), "tlsa/");
  EXPECT_EQ(type_of("No-Policy-Found"), "no-policy-found/W_POLICY_TYPE");
  EXPECT_EQ(type_of("BIMI"), "BIMI/W_POLICY_TYPE");
}

TEST(ReportReader, JudgesTheRange) {  // R146
  const auto range = [](std::string_view start, std::string_view end) {
    return read_bytes(
               R"({"organization-name":"a","contact-info":"b","report-id":"c","policies":[],"date-range":{)"
               R"("start-datetime":")" +
               std::string(start) + R"(","end-datetime":")" + std::string(end) + R"("}})")
        .words();
  };
  EXPECT_EQ(range("2026-03-02T00:00:00Z", "2026-03-02T23:59:59Z"), "W_NO_POLICIES");
  EXPECT_EQ(range("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"), "W_NO_POLICIES");
  EXPECT_EQ(range("2026-03-02T02:00:00+02:00", "2026-03-02T23:59:59.9Z"), "W_NO_POLICIES");
  EXPECT_EQ(range("2026-03-02T08:00:00Z", "2026-03-03T07:59:59Z"),
            "W_NO_POLICIES W_RANGE");  // a day, not a UTC day
  EXPECT_EQ(range("2026-03-03T00:00:00Z", "2026-03-02T00:00:00Z"), "W_NO_POLICIES W_RANGE");  // backwards
}

TEST(ReportReader, CountsTheSameSessionsOnce) {
  const auto report = [](std::string_view tlsa_domain, std::string_view tlsa_success) {
    return read_bytes(
        report_text(policy_text(R"(,"mx-host":["mx1.rcpt.example","*.mx.example"])", counts_text("2", "0")) +
                    R"(,{"policy":{"policy-type":"tlsa","policy-domain":")" + std::string(tlsa_domain) +
                    R"("})" + counts_text(tlsa_success, "0") + "}"));
  };
  const auto shadowed = [](const ReadInput& read) {
    return read.reports.front().policies.back().is_shadowed;
  };
  EXPECT_EQ(report("rcpt.example", "2").words(), "W_DOUBLE_COUNT");
  EXPECT_TRUE(shadowed(report("rcpt.example", "2")));
  EXPECT_EQ(report("rcpt.example", "1").words(), "");
  EXPECT_TRUE(shadowed(report("rcpt.example", "1")));
  EXPECT_EQ(report("mx1.rcpt.example", "2").words(), "");
  EXPECT_TRUE(shadowed(report("mx1.rcpt.example", "1")));  // named after an MX of the sts policy
  EXPECT_TRUE(shadowed(report("a.mx.example", "1")));      // ... by its pattern
  EXPECT_FALSE(shadowed(report("other.example", "2")));
  EXPECT_FALSE(shadowed(report("a.b.mx.example", "2")));  // a pattern stands for one label
}

TEST(ReportReader, FindsTheDomainAroundTheReport) {
  Findings findings;
  const auto counted = [&](const Surroundings& around, std::string_view id) {
    std::string domain;
    read_document(
        R"({"report-id":")" + std::string(id) +
            R"(","policies":[{"policy":{"policy-type":"no-policy-found"})" + counts_text("1", "0") + "}]}",
        around, findings, [&](Report&& report) { domain = report.policies.front().counted_domain; });
    return domain;
  };
  EXPECT_EQ(counted({.domain = "header.example", .submitter = {}, .start = {}}, "2026_id.example"),
            "header.example");
  EXPECT_EQ(counted({}, "2026-03-02T00:00:00Z_id.example"), "id.example");
  EXPECT_EQ(counted({}, "1234+id.example"), "id.example");
  EXPECT_EQ(counted({}, "1234+"), "");
  EXPECT_EQ(told_by_name("/in/box/a.example!B.example!1!2!001.json.gz").domain, "b.example");
  EXPECT_EQ(told_by_name("report.json").domain, "");
}

TEST(ReportReader, KeepsAReportIdThatIsANumber) {
  const auto read = read_bytes(
      R"({"organization-name":" Sender Ltd ","contact-info":"b","report-id":17724096001234567890,"policies":[]})");
  EXPECT_EQ(read.reports.at(0).id, "17724096001234567890");
  EXPECT_EQ(read.reports.at(0).organization, "Sender Ltd");
  EXPECT_THAT(read.words(), HasSubstr("W_META"));
}

TEST(ReportReader, TakesBlanksAroundADomainForNothing) {
  const auto read = read_bytes(report_text(
      R"({"policy":{"policy-type":"sts","policy-domain":" Rcpt.Example "})" + counts_text("1", "0") + "}"));
  EXPECT_EQ(read.reports.at(0).policies.at(0).counted_domain, "rcpt.example");
}

TEST(ReportReader, FindsTheDayOfAReportWithoutAStart) {
  const auto start = [](std::string_view range, std::string_view name) {
    const auto read = read_bytes(
        R"({"organization-name":"a","contact-info":"b","report-id":"c","policies":[],"date-range":)" +
            std::string(range) + "}",
        name);
    EXPECT_THAT(read.words(), HasSubstr("W_DATE"));
    const auto& found = read.reports.at(0).start;
    return found ? render_date_time(*found) : "";
  };
  EXPECT_EQ(start(R"({"end-datetime":"2026-03-02T23:59:59Z"})", "x"), "2026-03-02T00:00:00Z");
  EXPECT_EQ(start(R"({"end-datetime":"2026-03-03T00:00:00Z"})", "x"), "2026-03-02T00:00:00Z");
  EXPECT_EQ(start("null", "a.example!b.example!1772409600!1772495999!1.json"), "2026-03-02T00:00:00Z");
  EXPECT_EQ(start("null", "a.example!b.example!today!1772495999!1.json"), "");
}

TEST(ReportReader, RefusesReportsOfTheFuture) {
  const auto now = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2) + std::chrono::hours(12);
  const auto words_of = [&](std::string_view day) {
    const std::string text = R"({"organization-name":"a","contact-info":"b","report-id":"c","date-range":{)"
                             R"("start-datetime":")" +
                             std::string(day) + R"(T00:00:00Z","end-datetime":")" + std::string(day) +
                             R"(T23:59:59Z"},"policies":[]})";
    return read_bytes(text, "report", now).words();
  };
  EXPECT_EQ(words_of("2026-03-02"), "W_NO_POLICIES");
  EXPECT_EQ(words_of("2026-03-03"), "W_NO_POLICIES");  // a sender east of here
  EXPECT_EQ(words_of("2026-03-04"), "E_DATE");
  EXPECT_EQ(words_of("2099-01-01"), "E_DATE");
}

TEST(ReportReader, ReadsPoliciesWithoutTheObjectsInThem) {
  const auto read = read_bytes(report_text(
      R"({"policy-type":"sts","policy-domain":"rcpt.example","total-successful-session-count":"1,000",)"
      R"("total-failure-session-count":" 0 "})"));
  EXPECT_EQ(read.words(), "W_COUNT W_FLAT");
  const PolicyReport& policy = read.reports.at(0).policies.at(0);
  EXPECT_EQ(policy.type, "sts");
  EXPECT_EQ(policy.counted_domain, "rcpt.example");
  EXPECT_EQ(policy.success, 1000U);
}

TEST(ReportReader, FindsCountsWhereverASenderPutsThem) {
  const std::string policy = R"("policy":{"policy-type":"sts","policy-domain":"rcpt.example"})";
  const std::string flat_policy = R"("policy-type":"sts","policy-domain":"rcpt.example")";
  const std::string counts = R"("total-successful-session-count":1,"total-failure-session-count":500)";
  const std::string summary = R"("summary":{)" + counts + "}";
  const std::string details =
      R"("failure-details":[{"result-type":"validation-failure","failed-session-count":500}])";
  const std::string in_policy = R"("policy":{"policy-type":"sts","policy-domain":"rcpt.example",)";
  for (const std::string& members : {
           R"("policy":null,)" + flat_policy + "," + counts + "," + details,
           R"("policy":{},)" + flat_policy + "," + counts + "," + details,
           R"("policy":{"policy-type":"sts"},"policy-domain":"rcpt.example",)" + summary + "," + details,
           flat_policy + "," + summary + "," + details,
           flat_policy + R"(,"summary":null,)" + counts + "," + details,
           policy + "," + counts + "," + details,
           policy + R"(,"summary":{"total-successful-session-count":1},"total-failure-session-count":500,)" +
               details,
           in_policy + counts + "}," + details,
           in_policy + summary + "}," + details,
           in_policy + details + "}," + summary,
           policy + R"(,"summary":[{)" + counts + "}]," + details,
           R"("policy":[{"policy-type":"sts","policy-domain":"rcpt.example"}],)" + summary + "," + details,
           policy + R"(,"summary":{)" + counts + "," + details + "}",
       }) {
    const auto read = read_bytes(report_text("{" + members + "}"));
    EXPECT_EQ(read.words(), "W_FLAT") << members;
    ASSERT_EQ(read.reports.at(0).policies.size(), 1U) << members;
    const PolicyReport& found = read.reports.at(0).policies.front();
    EXPECT_EQ(found.counted_domain, "rcpt.example") << members;
    EXPECT_EQ(found.success, 1U) << members;
    EXPECT_EQ(found.failure, 500U) << members;
    EXPECT_EQ(found.details.size(), 1U) << members;
  }
  const auto without_type = read_bytes(report_text(R"({"policy-domain":"rcpt.example",)" + counts + "}"));
  EXPECT_EQ(without_type.words(), "W_FLAT W_POLICY_TYPE W_SUM");
  EXPECT_EQ(without_type.reports.at(0).policies.at(0).failure, 500U);
}

TEST(ReportReader, NeverTakesAPolicyWithoutCountsForOneOfNoSessions) {
  const auto told = [](std::string_view rest) {
    const auto read = read_bytes(report_text(policy_text("", rest)));
    EXPECT_EQ(read.words(), "E_COUNT") << rest;
    EXPECT_TRUE(read.reports.at(0).policies.empty()) << rest;
    return read.result.findings.problems.at(0).detail;
  };
  const std::string none = "policy 1: no count of sessions is in it; it is left out";
  EXPECT_EQ(told(""), none);
  EXPECT_EQ(told(R"(,"summary":null)"), none);
  EXPECT_EQ(told(R"(,"summary":[])"), none);
  EXPECT_EQ(told(R"(,"failure-details":[{"result-type":"validation-failure"}])"), none);
  const std::string astray = "policy 1: a count of sessions is where none belongs; it is left out";
  EXPECT_EQ(told(R"(,"summary":[{"total-failure-session-count":5},{"total-failure-session-count":6}])"),
            astray);
  EXPECT_EQ(told(R"(,"failure-details":[{"failed-session-count":5,"total-failure-session-count":5}])"),
            astray);
  EXPECT_EQ(told(R"(,"summary":{"total_failure_session_count":5})"), astray);
  EXPECT_EQ(told(R"(,"summary":{"total-successful-session-count":1,"failure-session-count":5})"), astray);
  EXPECT_EQ(told(counts_text("1", "0") + R"(,"total-failure-session-count":5)"),
            "policy 1: a count of sessions stands in two places, and differs; it is left out");
  policy_words("", counts_text("1", "0") + R"(,"total-failure-session-count":0)", "");
}

TEST(ReportReader, MakesLinesOfAPolicyWithLineBreaks) {
  const auto lines = [](std::string_view policy_string) {
    return read_bytes(report_text(
        policy_text(std::string(R"(,"policy-string":)").append(policy_string), counts_text("1", "0"))));
  };
  const std::vector<std::string> expected{"version: STSv1", "mode: enforce", "max_age: 86400"};
  for (const char* text : {R"("version: STSv1\r\nmode: enforce\r\nmax_age: 86400\r\n")",
                           R"(["version: STSv1\nmode: enforce","max_age: 86400"])"}) {
    const auto read = lines(text);
    EXPECT_EQ(read.words(), "W_CTRL W_POLICY_STRING");
    EXPECT_EQ(read.reports.at(0).policies.at(0).policy_string, expected);
  }
}

TEST(ReportReader, TakesAHundredThousandPoliciesAndFourMillionValues) {
  std::string policies;
  for (int i = 0; i < 100'000; ++i) {
    policies += (i == 0 ? "" : ",") + policy_text("", counts_text("1", "0"));
  }
  const auto read = read_bytes(report_text(policies));
  EXPECT_EQ(read.words(), "");
  EXPECT_EQ(read.reports.front().policies.size(), 100'000U);
  std::string zeros = "0";
  for (int i = 0; i < 5'000'000; ++i) {
    zeros += ",0";
  }
  words(report_text(zeros), "E_TOO_BIG");
}

// Each of these would take minutes where something looks through a list for each of a list.
TEST(ReportReader, TakesTimeInProportion) {
  std::string details;
  for (int i = 0; i < 100'000; ++i) {
    details += std::string(i == 0 ? "" : ",") + R"({"result-type":"t)" + std::to_string(i) +
               R"(","receiving-mx-hostname":"h)" + std::to_string(i) + R"(","failed-session-count":1})";
  }
  const auto hosts = read_bytes(
      report_text(policy_text("", counts_text("1", "100000") + R"(,"failure-details":[)" + details + "]")));
  ASSERT_EQ(hosts.reports.size(), 1U);
  EXPECT_GT(render_report_json(hosts.reports.front()).size(), 1'000'000U);
  Metrics metrics;
  metrics.add(hosts.reports.front(), {});
  EXPECT_GT(render_summary_json(metrics, {}, {}).size(), 1'000'000U);
  std::string policies;
  for (int i = 0; i < 50'000; ++i) {
    policies += policy_text("", counts_text(std::to_string(i), "0")) + "," +
                R"({"policy":{"policy-type":"tlsa","policy-domain":"rcpt.example"})" +
                counts_text(std::to_string(i + 100'000), "0") + "}" + (i == 49'999 ? "" : ",");
  }
  EXPECT_EQ(read_bytes(report_text(policies)).words(), "");
}

TEST(ReportReader, FindsDoubledKeysAnywhere) {
  words(report_text(one_policy, R"("report-id":"again",)"), "W_DUP_KEY");
  words(report_text(one_policy, R"("x":{"a":1,"b":2,"a":3},)"), "W_DUP_KEY");
  words(report_text(one_policy, R"("x":{"a":1,"b":{"a":3}},)"), "");
}

}  // namespace
}  // namespace mta_sts::tlsrpt
