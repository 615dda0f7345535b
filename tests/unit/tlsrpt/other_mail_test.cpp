// Which mails cron hears of: those that should have a report and have none, and no others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tlsrpt/read.hpp"

namespace mta_sts::tlsrpt {
namespace {

using namespace std::string_literals;

const std::string report = report_text(policy_text("", counts_text("500", "0")));
const std::string cut = report.substr(0, 200);
const std::string front = "From: a@sender.example\nMIME-Version: 1.0\nMessage-ID: <1@sender.example>\n";
const std::string report_type = "Content-Type: multipart/report; report-type=tlsrpt; boundary=b\n";
const std::string mixed = "Content-Type: multipart/mixed; boundary=b\n";

std::string mail(const std::string& headers, const std::string& part, const std::string& body) {
  return front + headers + "\n--b\nContent-Type: text/plain\n\nhello\n--b\n" + part + "\n\n" + body +
         "\n--b--\n";
}

std::string base64(std::string_view text) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += at + i > text.size() ? '=' : digits[bits >> (18 - 6 * i) & 63];
    }
  }
  return out;
}

std::string attached(const std::string& type, const std::string& inner) {
  const std::string outer = "O" + std::to_string(inner.size());
  return front + "Content-Type: multipart/mixed; boundary=" + outer + "\n\n--" + outer +
         "\nContent-Type: " + type + "\nContent-Transfer-Encoding: base64\n\n" + base64(inner) + "\n--" +
         outer + "--\n";
}

void expect_faults(const std::string& text, bool has_faults, std::string_view why) {
  const auto read = read_bytes(text, "in.eml");
  EXPECT_EQ(read.reports.size(), 0U) << why;
  EXPECT_EQ(read.result.findings.faults > 0, has_faults) << why;
  EXPECT_FALSE(read.result.findings.errors.empty()) << why;
}

TEST(OtherMail, IsNoneThatShouldHaveAReport) {
  const std::string removed = "The attachment was removed.";
  const std::string text = "Content-Type: text/plain";
  const std::string name = "Content-Type: application/octet-stream; name=\"s.example!rcpt.example!1!2.json\"";
  expect_faults(mail(report_type, text, removed), true, "report-type");
  expect_faults(mail("TLS-Report-Domain: rcpt.example\n" + mixed, text, removed), true, "the field");
  expect_faults(mail(mixed, name, cut), true, "the name");
  expect_faults(mail(mixed, name, ""), true, "the name of nothing");
  expect_faults(mail(mixed, "Content-Type: application/json", cut), true, "keys of a report");
  const std::string note = "Note: the attachment was removed.\n\nBye.";
  expect_faults(mail(mixed, "Content-Type: application/tlsrpt+gzip", note), true,
                "a text that looks like a mail");
  expect_faults(mail("Content-Type: multipart/report; report-type=tlsrpt; boundary=c\n", text, removed), true,
                "a wrong boundary");
  expect_faults(mail("Content-Type: multipart/report; report-type=tlsrpt\n", text, removed), true,
                "no boundary");
  expect_faults(attached("message/rfc822", mail(report_type, text, removed)), true, "in a mail");
  for (const std::string& inner : {mail(mixed, "Content-Type: application/tlsrpt+json", cut),
                                   mail(mixed, "Content-Type: application/tlsrpt+json", ""),
                                   mail(mixed, "Content-Type: application/tlsrpt+json", "{\"a\":1}"),
                                   mail(mixed, "Content-Type: application/ms-tnef; name=winmail.dat", "x")}) {
    expect_faults(inner, true, inner);
    expect_faults(attached("message/rfc822", inner), true, inner);
    expect_faults(attached("application/octet-stream; name=a.eml", inner), true, inner);
    expect_faults(attached("message/rfc822", attached("message/rfc822", inner)), true, inner);
  }
}

TEST(OtherMail, IsWhatHasOrdinaryAttachments) {
  const std::string ole = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
  const std::string pkcs7 = "0\x82\x01\x02\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"s;
  const auto part = [](const std::string& type, const std::string& bytes) {
    return mail(mixed, "Content-Type: " + type + "\nContent-Transfer-Encoding: base64", base64(bytes));
  };
  expect_faults(part("application/pdf", "%PDF-1.7"), false, "PDF");
  expect_faults(part("application/msword; name=a.doc", ole), false, "Word");
  expect_faults(part("application/pkcs7-signature; name=smime.p7s", pkcs7), false, "a signature");
  expect_faults(part("application/x-7z-compressed", "7z\xBC\xAF\x27\x1C"), false, "7-Zip");
  expect_faults(part("application/pgp", "-----BEGIN PGP MESSAGE-----"), false, "PGP");
  expect_faults(part("application/zip", "PK\x03\x04 cut"), false, "zip");
  expect_faults(part("application/json", std::string(100, '[') + std::string(100, ']')), false, "deep");
  expect_faults(part("application/json", "{\"a\":"), false, "cut JSON of something");
  expect_faults(mail(mixed, "Content-Type: text/plain", "begin 644 x\n"), false, "uuencode");
  expect_faults(front + "\n" + std::string(mail_limit_bytes, 'x'), false, "a great one");
  expect_faults(front + report_type + "\n" + std::string(mail_limit_bytes, 'x'), true,
                "a great one of a report");
  // A mail may be in these.
  expect_faults(part("application/octet-stream; name=a.msg", ole), true, "Outlook");
  expect_faults(part("application/pkcs7-mime; name=smime.p7m", pkcs7), true, "S/MIME");
}

TEST(OtherMail, HidesNoFaultBehindIt) {
  const std::string from = "From a@sender.example Tue Mar  3 04:12:09 2026\n";
  std::string mbox;
  for (int i = 0; i < 100; ++i) {
    mbox += from + front + "\nhello\n\n";
  }
  expect_faults(mbox, false, "a mailbox");
  expect_faults(mbox + from + mail(mixed, "Content-Type: application/tlsrpt+json", cut), true,
                "and a report");
}

TEST(OtherMail, IsReadWhereItFollowsInAFileThatBeginsAsAMail) {
  const std::string from = "From a@sender.example Tue Mar  3 04:12:09 2026\n";
  const std::string good = mail(report_type, "Content-Type: application/tlsrpt+json", report);
  EXPECT_EQ(read_bytes(good + "\n" + from + good).reports.size(), 2U);
  EXPECT_EQ(read_bytes(">" + from + good + "\n" + from + good).reports.size(), 2U);
  EXPECT_EQ(read_bytes(good + "\n" + from + good).words(), "");
  const auto none = read_bytes(good + "\n" + good);
  EXPECT_EQ(none.reports.size(), 1U);
  EXPECT_EQ(none.words(), "E_MBOX");
  EXPECT_EQ(none.result.findings.faults, 1U);
  const std::string great = front + "\n" + std::string(mail_limit_bytes, 'x') + "\n\n";
  EXPECT_EQ(read_bytes(great + from + good).reports.size(), 1U);
  // What a part quotes is its own.
  const std::string quoting =
      mail(mixed, "Content-Type: text/plain", "see:\n\n" + from + "Subject: x\n\nhello");
  EXPECT_EQ(read_bytes(quoting).result.findings.problems.size(), 1U);
}

TEST(OtherMail, IsForwardedManyTimes) {
  std::string inner = mail(report_type, "Content-Type: application/tlsrpt+json", report);
  for (int i = 0; i < 5; ++i) {
    inner = attached("message/rfc822", inner);
    EXPECT_EQ(read_bytes(inner).reports.size(), 1U) << i;
  }
}

}  // namespace
}  // namespace mta_sts::tlsrpt
