#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include "outcome/report/gzip.hpp"
#include "outcome/report/render_mail.hpp"
#include "outcome/report/render_report.hpp"
#include "outcome/report/report_identity.hpp"
#include "outcome/report/report_target.hpp"

namespace mta_sts::outcome {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::sys_days report_day = std::chrono::year(2026) / 3 / 2;
const ReportIdentity identity{
    .submitter = "mail.sender.example", .domain = "b.example", .day = report_day, .unique_id = "0a1b2c"};
const ReportAuthor author{.organization = "Sender \"S\" GmbH", .contact = "tls@sender.example"};

PolicyCount count_of(PolicyType type, std::uint64_t success, std::uint64_t failure, std::size_t kinds = 0) {
  PolicyCount count{.day = report_day, .domain = "b.example", .record = {}, .policy = {}, .failures = {}};
  count.success = success;
  count.failure = failure;
  count.policy.type = type;
  if (type == PolicyType::sts) {
    count.policy.domain = "b.example";
    count.policy.policy_string = {"version: STSv1", "mode: testing", "mx: *.b.example", "max_age: 86400"};
    count.policy.mx_hosts = {"*.b.example"};
  }
  for (std::size_t i = 0; i < kinds; ++i) {
    SessionFailure kind;
    kind.type = ResultType::certificate_expired;
    kind.mx = "mx" + std::to_string(i) + ".b.example";
    count.failures[kind] = i + 1;
  }
  return count;
}

TEST(ReportIdentity, NamesAreThoseOfTheRfc) {
  EXPECT_EQ(report_file_name_of(identity),
            "mail.sender.example!b.example!1772409600!1772495999!0a1b2c.json.gz");
  EXPECT_EQ(
      report_subject_of(identity),
      "Report Domain: b.example Submitter: mail.sender.example Report-ID: <" + report_id_of(identity) + ">");
  EXPECT_THAT(report_id_of(identity), StartsWith("2026-03-02."));
  EXPECT_THAT(report_id_of(identity), HasSubstr("@mail.sender.example"));
}

TEST(ReportIdentity, TheIdIsStableAndOneForEachDomainDaySubmitterAndHost) {
  EXPECT_EQ(report_id_of(identity), report_id_of(ReportIdentity(identity)));
  ReportIdentity other = identity;
  other.domain = "c.example";
  EXPECT_NE(report_id_of(identity), report_id_of(other));
  other = identity;
  other.day += std::chrono::days(1);
  EXPECT_NE(report_id_of(identity), report_id_of(other));
  other = identity;
  other.unique_id = "0a1b2d";  // of another host
  EXPECT_NE(report_id_of(identity), report_id_of(other));
  EXPECT_NE(report_file_name_of(identity), report_file_name_of(other));
}

TEST(ReportIdentity, AUniqueIdIsLettersAndDigits) {
  for (const char* text : {"001", "0123456789abcdef0123", "Z", "1234567890123456789012345678901234567890"}) {
    EXPECT_TRUE(is_unique_id(text)) << text;
  }
  for (const char* text :
       {"", "a.b", "a!", "a b", "a\n", "12345678901234567890123456789012345678901", "\xc3\xa4"}) {
    EXPECT_FALSE(is_unique_id(text)) << text;
  }
}

TEST(ReportIdentity, TheLongestNamesFitALineOfMail) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + label.substr(2);
  const ReportIdentity longest_names{
      .submitter = longest, .domain = longest, .day = report_day, .unique_id = std::string(40, 'a')};
  EXPECT_LT(("Subject: " + report_subject_of(longest_names)).size(), 998U);
}

TEST(RenderReport, IsRfc8460Json) {
  const std::vector<PolicyCount> policies{count_of(PolicyType::sts, 5, 3, 2),
                                          count_of(PolicyType::no_policy_found, 7, 0)};
  const auto report = render_report(identity, author, policies, 100'000);
  EXPECT_EQ(report.success, 12U);
  EXPECT_EQ(report.failure, 3U);
  EXPECT_EQ(report.left_out_kinds, 0U);
  const json read = json::parse(report.json);
  EXPECT_EQ(read["organization-name"], "Sender \"S\" GmbH");
  EXPECT_EQ(read["contact-info"], "tls@sender.example");
  EXPECT_EQ(read["report-id"], report_id_of(identity));
  EXPECT_EQ(read["date-range"],
            json({{"start-datetime", "2026-03-02T00:00:00Z"}, {"end-datetime", "2026-03-02T23:59:59Z"}}));
  const json& sts = read["policies"][0];
  EXPECT_EQ(sts["policy"],
            json({{"policy-type", "sts"},
                  {"policy-string", {"version: STSv1", "mode: testing", "mx: *.b.example", "max_age: 86400"}},
                  {"policy-domain", "b.example"},
                  {"mx-host", json::array({"*.b.example"})}}));
  EXPECT_EQ(sts["summary"],
            json({{"total-successful-session-count", 5}, {"total-failure-session-count", 3}}));
  EXPECT_EQ(sts["failure-details"],  // the most frequent first
            json::array({{{"result-type", "certificate-expired"},
                          {"receiving-mx-hostname", "mx1.b.example"},
                          {"failed-session-count", 2}},
                         {{"result-type", "certificate-expired"},
                          {"receiving-mx-hostname", "mx0.b.example"},
                          {"failed-session-count", 1}}}));
  EXPECT_EQ(read["policies"][1],
            json({{"policy", {{"policy-type", "no-policy-found"}, {"policy-domain", "b.example"}}},
                  {"summary", {{"total-successful-session-count", 7}, {"total-failure-session-count", 0}}}}));
}

TEST(RenderReport, ForeignBytesAreStillJson) {
  PolicyCount count = count_of(PolicyType::sts, 0, 1);
  SessionFailure kind;
  kind.reason_code = "\"\xff\r\n";
  count.failures[kind] = 1;
  const auto report = render_report(identity, author, {&count, 1}, 100'000);
  EXPECT_TRUE(json::accept(report.json));
  // Nor is there a byte that a terminal would obey: DEL, C1, an order of the bidirectional algorithm.
  count.failures.clear();
  kind.reason_code =
      "\x7f\xc2\x9b"
      "31m\xe2\x80\xae";
  count.failures[kind] = 1;
  EXPECT_TRUE(std::ranges::all_of(render_report(identity, author, {&count, 1}, 100'000).json,
                                  [](char c) { return c >= ' ' && c < '\x7f'; }));
}

TEST(RenderReport, CutsTheRarestKindsAndKeepsTheSums) {
  const PolicyCount count = count_of(PolicyType::sts, 1, 500, 500);
  const auto report = render_report(identity, author, {&count, 1}, 4096);
  EXPECT_LE(report.json.size(), 4096U);
  EXPECT_TRUE(report.has_policy_texts);
  const json read = json::parse(report.json);
  const json& details = read["policies"][0]["failure-details"];
  EXPECT_EQ(report.left_out_kinds, 500 - details.size());
  EXPECT_EQ(details[0]["failed-session-count"], 500);
  EXPECT_EQ(read["policies"][0]["summary"]["total-failure-session-count"], 500);
}

TEST(RenderReport, LeavesOutPolicyTextsLast) {
  PolicyCount count = count_of(PolicyType::sts, 1, 1, 10);
  count.policy.policy_string.assign(2000, "mx: a.example");
  const auto report = render_report(identity, author, {&count, 1}, 4096);
  EXPECT_LE(report.json.size(), 4096U);
  EXPECT_FALSE(report.has_policy_texts);
  EXPECT_EQ(report.left_out_kinds, 10U);
}

TEST(Gzip, GivesBackWhatItWasGiven) {
  const std::string gzip = compress_gzip("{\"a\":1}");
  EXPECT_THAT(gzip, StartsWith("\x1f\x8b"));
  EXPECT_EQ(decompress_gzip(gzip, 7), "{\"a\":1}");
  EXPECT_EQ(decompress_gzip(gzip, 6), "");
  EXPECT_EQ(decompress_gzip("no gzip", 7), "");
  EXPECT_EQ(decompress_gzip(gzip, std::size_t(-1)), "");
}

std::string read_mail(std::string_view uri) {
  const auto target = parse_report_target(uri);
  return target ? std::visit(
                      [](const auto& one) {
                        if constexpr (requires { one.address; }) {
                          return one.address;
                        } else {
                          return one.url;
                        }
                      },
                      *target)
                : std::string(to_string(target.error()));
}

TEST(ReportTarget, ReadsPlainAddresses) {
  EXPECT_EQ(read_mail("mailto:tls@Example.com"), "tls@example.com");
  EXPECT_EQ(read_mail("MAILTO:a.b+c%2Bd=e@x.example"), "a.b+c+d=e@x.example");
  EXPECT_EQ(read_mail("mailto:tls@x.example?subject=hello&cc=victim@y.example"), "tls@x.example");
  EXPECT_EQ(read_mail("mailto:-oQ%2Ftmp@x.example"), "-oQ/tmp@x.example");  // behind "--" it is no option
  EXPECT_EQ(read_mail("mailto:" + std::string(64, 'a') + "@x.example"), std::string(64, 'a') + "@x.example");
}

TEST(ReportTarget, RefusesWhatIsNoPlainAddress) {
  for (const char* uri : {
           "mailto:a%0D%0ABcc:victim@x.example",  // a header
           "mailto:a@x.example%0Ab",              // behind the domain
           "mailto:a@x.example%2Cb@y.example",    // two addresses
           "mailto:a%00b@x.example",              // NUL
           "mailto:%22a%20b%22@x.example",        // quoted
           "mailto:a%20b@x.example",              // blank
           "mailto:a..b@x.example",               // empty atom
           "mailto:.a@x.example",
           "mailto:a.@x.example",
           "mailto:a@192.0.2.1",       // nor this
           "mailto:a@x_y.example",     // no host name
           "mailto:%C3%A4@x.example",  // other than ASCII
           "mailto:a%40b@x.example",   // two @
           "mailto:%3Ca@x.example%3E",
           "mailto:a@x.example%20(comment)",
       }) {
    EXPECT_EQ(read_mail(uri), "rua-address") << uri;
  }
  EXPECT_EQ(read_mail("mailto:" + std::string(65, 'a') + "@x.example"), "rua-address");
  EXPECT_EQ(read_mail("mailto:"), "rua-malformed");
  EXPECT_EQ(read_mail("mailto:a@[192.0.2.1]"), "rua-malformed");
  EXPECT_EQ(read_mail("ftp://x.example/"), "rua-malformed");
  EXPECT_EQ(read_mail("mailto:a%4"), "rua-malformed");
}

TEST(ReportTarget, ReadsHttps) {
  EXPECT_EQ(read_mail("https://Reports.Example/tls?k=1#top"), "https://reports.example:443/tls?k=1");
  EXPECT_EQ(read_mail("https://r.example:8443"), "https://r.example:8443/");
  EXPECT_EQ(read_mail("https://r.example?k"), "https://r.example:443/?k");
  EXPECT_EQ(read_mail("https://r.example/%2Fa%2Cb"), "https://r.example:443/%2Fa%2Cb");
}

TEST(ReportTarget, RefusesHostsThatAreNone) {
  for (const char* uri : {"https://192.0.2.1/", "https://[2001:db8::1]/", "https://u:p@r.example/",
                          "https://r.example:0/", "https://r.example:65536/", "https://r.example:/",
                          "https://r_s.example/", "https://%72.example/", "https://127.0x1/",
                          "https://0x7f000001/", "https://0x7F.1/", "https://a.0x/"}) {  // libcurl: 127.0.0.1
    EXPECT_EQ(read_mail(uri), "rua-host") << uri;
  }
  EXPECT_EQ(read_mail("https://r.example/" + std::string(2048, 'a')), "rua-malformed");
}

TEST(ReportTarget, BelongsToAReceiver) {
  EXPECT_EQ(receiver_of(*parse_report_target("mailto:tls@X.example")), "x.example");
  EXPECT_EQ(receiver_of(*parse_report_target("https://R.example:8443/x@y")), "r.example");
}

std::string mail_text() {
  return render_mail({.identity = identity,
                      .from = {.address = "tls@sender.example"},
                      .to = {.address = "rua@b.example"},
                      .made = report_day + std::chrono::days(1) + std::chrono::minutes(9)},
                     std::string(100, '\xff'));
}

TEST(RenderMail, HeaderFieldsAreOneLineEach) {
  const std::string mail = mail_text();
  const std::string head = mail.substr(0, mail.find("\n\n") + 1);
  EXPECT_THAT(head, HasSubstr("\nDate: Tue, 03 Mar 2026 00:09:00 +0000\n"));
  EXPECT_THAT(head, HasSubstr("\nSubject: " + report_subject_of(identity) + "\n"));
  EXPECT_THAT(head, HasSubstr("\nTLS-Report-Domain: b.example\nTLS-Report-Submitter: mail.sender.example\n"));
  EXPECT_THAT(head, HasSubstr("\nTLS-Required: No\nAuto-Submitted: auto-generated\n"));
  EXPECT_THAT(head, HasSubstr("multipart/report; report-type=\"tlsrpt\""));
  EXPECT_THAT(mail, HasSubstr("filename=\"" + report_file_name_of(identity) + "\"\n"));
  EXPECT_EQ(mail.find('\r'), std::string::npos);
}

TEST(RenderMail, IsTheSameEachTime) {
  EXPECT_EQ(mail_text(), mail_text());
}

}  // namespace
}  // namespace mta_sts::outcome
