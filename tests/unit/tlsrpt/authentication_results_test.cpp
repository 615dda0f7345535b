// RFC 8601: what a trusted Authentication-Results field says of a report mail's DKIM signature.
#include "tlsrpt/read/authentication_results.hpp"

#include <gtest/gtest.h>

#include "unit/tlsrpt/read.hpp"

namespace mta_sts::tlsrpt {
namespace {

// The domains that a field of mx.example.com passes, "none" without such a field.
std::string domains_of(std::string_view mail) {
  const auto domains = dkim_domains(mail, "mx.example.com");
  if (!domains) {
    return "none";
  }
  std::string all;
  for (const std::string& domain : *domains) {
    all += (all.empty() ? "" : " ") + domain;
  }
  return all;
}

std::string field_domains(std::string_view body) {
  return domains_of("Authentication-Results: " + std::string(body) + "\r\nSubject: x\r\n\r\n");
}

TEST(AuthenticationResults, AreReadByTheGrammar) {  // RFC 8601 section 2.2
  const auto pass = [](std::string_view body) { EXPECT_EQ(field_domains(body), "google.com") << body; };
  pass("mx.example.com; dkim=pass header.d=google.com");
  pass("MX.Example.COM; DKIM=Pass HEADER.D=google.com");
  pass("mx.example.com 1; dkim=pass header.d=google.com");
  pass("\"mx.example.com\"; dkim=pass header.d=\"google.com\"");
  pass("mx.example.com;\r\n\tdkim=pass\r\n header.d=google.com");
  pass("mx.example.com (of (us) \\) all);dkim (x) = (y) pass (z) header . d = google.com (w)");
  pass("mx.example.com; spf=pass smtp.mailfrom=a@b.example; dkim=pass header.d=google.com;");
  pass("mx.example.com; dkim/1=pass reason=\"good (one; really)\" header.i=@google.com header.d=google.com");
  pass("mx.example.com; dkim=pass header.d=google.com header.b=a/b+c=; dmarc=fail header.from=google.com");
}

TEST(AuthenticationResults, PassOnlyWhatIsSaidToPass) {
  for (const char* body :
       {"mx.example.com; dkim=fail header.d=google.com", "mx.example.com; dkim=none",
        "mx.example.com; dkim=pass header.i=@google.com",  // which signature is not said
        "mx.example.com; dkim=passed header.d=google.com", "mx.example.com; dkim=pass policy.d=google.com",
        "mx.example.com; dkim=fail (dkim=pass header.d=google.com)",
        "mx.example.com; dkim=fail reason=\"x; dkim=pass header.d=google.com\""}) {
    EXPECT_EQ(field_domains(body), "") << body;
  }
  EXPECT_EQ(field_domains("mx.example.com; dkim=fail header.d=a.example; dkim=pass header.d=b.example; "
                          "dkim=pass header.d=c.example"),
            "b.example c.example");
}

TEST(AuthenticationResults, OfOthersOrOutOfTheGrammarAreNone) {
  for (const char* body :
       {"mx.example.org; dkim=pass header.d=google.com",
        "mx.example.com.evil.example; dkim=pass header.d=a.b",
        "evil.example (mx.example.com); dkim=pass header.d=google.com", "; dkim=pass header.d=google.com",
        "mx.example.com 2; dkim=pass header.d=google.com", "mx.example.com dkim=pass header.d=google.com",
        "mx.example.com; none", "mx.example.com", "", "mx.example.com; spf=pass", "mx.example.com; dkim=",
        "mx.example.com; dkim=pass header.d=", "mx.example.com; dkim=pass header.d=\"google.com",
        "mx.example.com; dkim=pass (header.d=google.com", "mx.example.com; dkim=pass header.=google.com x",
        "mx.example.com; dkim/x=pass header.d=google.com",
        "mx.example.com; dkim=pass\\ header.d=google.com"}) {
    EXPECT_EQ(field_domains(body), "none") << body;
  }
  EXPECT_EQ(field_domains("mx.example.com " + std::string(100'000, '(') + "; dkim=pass header.d=a.b"),
            "none");
  EXPECT_EQ(field_domains("mx.example.com; dkim=pass header.d=a.b; x=" + std::string(20'000, 'y')), "none");
}

TEST(AuthenticationResults, AreTheTopmostOnesOfTheHeader) {
  const std::string name = "authentication-results :";
  EXPECT_EQ(
      domains_of(name + "mx.example.com; dkim=fail\n" + name + "mx.example.com; dkim=pass header.d=a.b\n\n"),
      "");
  EXPECT_EQ(
      domains_of(name + "mx.example.com; dmarc=pass\n" + name + "mx.example.com; dkim=pass header.d=a.b\n\n"),
      "a.b");  // a server may write one field for each method
  EXPECT_EQ(domains_of("Subject: x\n\n" + name + "mx.example.com; dkim=pass header.d=a.b\n\n"), "none");
  EXPECT_EQ(domains_of("X-" + name + "mx.example.com; dkim=pass header.d=a.b\n\n"), "none");
  std::string many;
  for (int i = 0; i < 200; ++i) {
    many += name + "mx.example.org; dkim=pass header.d=a.b\n";
  }
  EXPECT_EQ(domains_of(many + name + "mx.example.com; dkim=pass header.d=a.b\n\n"), "none");
}

Authentication judged(const char* domain, const char* contact, std::string_view submitter = "") {
  Report report;
  report.contact = contact;
  return judge_signatures({domain}, report, submitter);
}

TEST(Signatures, MustBeOfTheReportingDomain) {  // R141
  using enum Authentication;
  EXPECT_EQ(judged("google.com", "tls@google.com"), authenticated);
  EXPECT_EQ(judged("Mail.Google.com", "tls@google.com"), authenticated);
  EXPECT_EQ(judged("google.com", "tls@mail.google.com"), authenticated);
  EXPECT_EQ(judged("evil.example", "tls@google.com", "evil.example"), not_authenticated);
  EXPECT_EQ(judged("evilgoogle.com", "tls@google.com"), not_authenticated);
  EXPECT_EQ(judged("com", "tls@google.com"), not_authenticated);
  EXPECT_EQ(judged("co.uk", "tls@google.co.uk"), not_authenticated);  // a public suffix
  EXPECT_EQ(judged("evil.com.au", "tls@com.au"), not_authenticated);
  EXPECT_EQ(judged("google.co.uk", "tls@mail.google.co.uk"), authenticated);
  EXPECT_EQ(judged("go.com", "tls@go.com"), authenticated);
  EXPECT_EQ(judged("google.com", "call us", "google.com"), authenticated);
  EXPECT_EQ(judged("google.com", "", ""), not_authenticated);
  EXPECT_EQ(judge_signatures({}, {}, "google.com"), not_authenticated);
}

ReadInput read_with(std::string_view bytes, std::string authserv_id) {
  InputReader reader(far_future, std::move(authserv_id));
  ReadInput read;
  MemorySource source(bytes);
  read.result =
      reader.read(source, "report", [&](Report&& report) { read.reports.push_back(std::move(report)); });
  return read;
}

std::string mail_with(std::string_view field, std::string_view type = "application/tlsrpt+json",
                      std::string_view body = {}) {
  const std::string report = report_text(policy_text("", counts_text("1", "0")));
  return std::string(field) +
         "From: tls@sender.example\r\nMIME-Version: 1.0\r\nContent-Type: " + std::string(type) + "\r\n\r\n" +
         (body.empty() ? report : std::string(body));
}

constexpr std::string_view good =
    "Authentication-Results: mx.example.com; dkim=pass header.d=sender.example\r\n";

TEST(Authentication, IsThatOfTheOutermostMail) {  // R141
  using enum Authentication;
  const auto of = [](std::string_view bytes, std::string authserv_id = "mx.example.com") {
    const ReadInput read = read_with(bytes, std::move(authserv_id));
    EXPECT_EQ(read.reports.size(), 1U);
    return read.reports.at(0).authentication;
  };
  EXPECT_EQ(of(mail_with(good)), authenticated);
  EXPECT_EQ(of(mail_with(good), ""), not_checked);
  EXPECT_EQ(of(mail_with("")), not_checked);
  EXPECT_EQ(of(mail_with(good), "mx2.example.com"), not_checked);
  EXPECT_EQ(of(mail_with("Authentication-Results: mx.example.com; dkim=none\r\n")), not_authenticated);
  EXPECT_EQ(of(mail_with("", "message/rfc822", mail_with(good))), not_checked);
  EXPECT_EQ(of(mail_with("", "application/octet-stream", mail_with(good))), not_checked);
  EXPECT_EQ(of(mail_with(good, "message/rfc822", mail_with(""))), authenticated);
  EXPECT_EQ(of(report_text(policy_text("", counts_text("1", "0")))), not_by_mail);
}

TEST(Authentication, IsThatOfEachMailOfAnMbox) {
  const std::string line = "From a@b.example Tue Mar  3 04:12:09 2026\r\n";
  const ReadInput read =
      read_with(line + mail_with(good) + "\r\n\r\n" + line + mail_with("") + "\r\n", "mx.example.com");
  ASSERT_EQ(read.reports.size(), 2U);
  EXPECT_EQ(read.reports[0].authentication, Authentication::authenticated);
  EXPECT_EQ(read.reports[1].authentication, Authentication::not_checked);
}

}  // namespace
}  // namespace mta_sts::tlsrpt
