#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/report_uri.hpp"
#include "policy/txt_record.hpp"

namespace mta_sts {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TlsRptRecord read(std::string record) {
  return parse_tlsrpt_answer({.status = DnsStatus::no_error, .records = {{std::move(record)}}});
}

void bad(const std::string& record, std::string_view word) {
  const TlsRptRecord came = read(record);
  ASSERT_EQ(came.outcome, TxtOutcome::error) << record;
  EXPECT_EQ(to_string(came.error), word) << record;
  EXPECT_THAT(came.rua, IsEmpty());
  EXPECT_THAT(came.ignored, IsEmpty());
  EXPECT_FALSE(came.detail.empty());
}

TEST(TlsRptRecord, ReadsTheListOfUris) {  // R137, R138
  EXPECT_THAT(read("v=TLSRPTv1;rua=mailto:r@example.com").rua, ElementsAre("mailto:r@example.com"));
  EXPECT_THAT(read("v=TLSRPTv1; rua=mailto:r@a.example \t,\t https://b.example/x?y=z ; ").rua,
              ElementsAre("mailto:r@a.example", "https://b.example/x?y=z"));
  EXPECT_THAT(read("v=TLSRPTv1 ; rua=mailto:r@a.example").rua, ElementsAre("mailto:r@a.example"));  // P1
}

TEST(TlsRptRecord, SkipsUrisOfOtherSchemes) {  // P28
  const TlsRptRecord record = read("v=TLSRPTv1; rua=http://a.example/,mailto:r@a.example,tel:+1");
  EXPECT_THAT(record.rua, ElementsAre("mailto:r@a.example"));
  EXPECT_THAT(record.ignored, ElementsAre("http://a.example/", "tel:+1"));
  bad("v=TLSRPTv1; rua=ftp://a.example/", "no-usable-rua");
}

TEST(TlsRptRecord, IgnoresOtherFieldsAndLaterRuas) {  // R139, P28
  EXPECT_THAT(read("v=TLSRPTv1; x=y; rua=mailto:r@a; rua=nonsense; z=1").rua, ElementsAre("mailto:r@a"));
}

TEST(TlsRptRecord, RefusesWhatNamesNobody) {
  bad("v=TLSRPTv1;", "missing-rua");
  bad("v=TLSRPTv1; ruf=mailto:r@a", "missing-rua");
  bad("v=TLSRPTv1; rua=", "bad-rua");
  bad("v=TLSRPTv1; rua=r@a", "bad-rua");
  bad("v=TLSRPTv1; rua=mailto:r@a,", "bad-rua");
  bad("v=TLSRPTv1; rua=,mailto:r@a", "bad-rua");
  bad("v=TLSRPTv1; rua=mailto:r@a https://b/", "bad-rua");
  bad("v=TLSRPTv1; rua=mailto:r@a,mailto:", "bad-rua");
  bad("v=TLSRPTv1; rua=mailto:r!10m@a", "bad-rua");  // R138: "!" is encoded
}

TEST(TlsRptRecord, RefusesBadSyntax) {
  for (const std::string record :
       {"v=TLSRPTv1 rua=mailto:r@a", "v=TLSRPTv1;; rua=mailto:r@a", "v=TLSRPTv1; rua=mailto:r@a; foo",
        "v=TLSRPTv1; rua= mailto:r@a", "v=TLSRPTv1; rua=mailto:r@a ", "v=TLSRPTv1; rua=mailto:caf\xC3\xA9@a",
        "v=TLSRPTv1; rua=mailto:r@a; rua=", "v=TLSRPTv1; rua=mailto:r@a; x=a=b"}) {
    bad(record, "bad-syntax");
  }
}

TEST(TlsRptRecord, ChoosesAsMtaStsDoes) {
  const auto choose = [](std::vector<std::vector<std::string>> records) {
    return parse_tlsrpt_answer({.status = DnsStatus::no_error, .records = std::move(records)}).outcome;
  };
  EXPECT_EQ(choose({{"v=TLSRPTv1; rua=mailto:r@a"}, {"x"}}), TxtOutcome::ok);
  EXPECT_EQ(choose({{"v=TLSRPTv1; rua=mailto:r@a"}, {"v=TLSRPTv1;"}}), TxtOutcome::none);
  EXPECT_EQ(choose({{"v=TLSRPTv1 ; rua=mailto:r@a"}, {"x"}}), TxtOutcome::none);
  EXPECT_EQ(choose({{"v=STSv1; id=a"}}), TxtOutcome::none);
}

TEST(ReportUri, TellsUsableFromOtherAndMalformed) {  // RFC 3986, RFC 6068
  for (const std::string_view uri :
       {"mailto:r@a.example", "MAILTO:a%21b%2Cc@x", "mailto:r@a?subject=x", "https://a.example",
        "HTTPS://a:8443/x/y?z#f", "https://u@a/", "https://[2001:db8::1]/", "https://a/%7E~()*+=:@$&'"}) {
    EXPECT_EQ(classify_report_uri(uri), ReportUri::usable) << uri;
  }
  for (const std::string_view uri : {"http://a/", "x:", "tel:+1", "a+b.c-1:y", "ftp://", "urn:x:y"}) {
    EXPECT_EQ(classify_report_uri(uri), ReportUri::other) << uri;
  }
  for (const std::string_view uri : {"",
                                     ":",
                                     "a",
                                     "1a:b",
                                     "mailto:",
                                     "mailto:@a",
                                     "mailto:a@",
                                     "mailto:a",
                                     "mailto:?to=r@a",
                                     "mailto:r%4@a",
                                     "mailto:r%zz@a",
                                     "mailto:a b@c",
                                     "mailto:<r@a>",
                                     "mailto:\"r\"@a",
                                     "https:",
                                     "https:a",
                                     "https://",
                                     "https:///x",
                                     "https://:443/",
                                     "https://a/x y",
                                     "https://a/[x]",
                                     "https://a/\\",
                                     "https://a/#b#c",
                                     "https://a/x!y",
                                     "https://a,b/",
                                     "https://a/^"}) {
    EXPECT_EQ(classify_report_uri(uri), ReportUri::malformed) << uri;
  }
}

}  // namespace
}  // namespace mta_sts
