#include "tlsrpt/read/plain_mail.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mta_sts::tlsrpt {
namespace {

// The parts of a mail, each with what it says.
struct Parts {
  bool is_read = false;
  std::vector<MailPart> parts;
};

Parts read_plainly(std::string_view mail) {
  Parts read;
  read.is_read = read_plain_mail(mail, [&](MailPart& part) { read.parts.push_back(part); });
  return read;
}

std::vector<MailPart> read_by_library(std::string_view mail) {
  std::vector<MailPart> parts;
  read_mail(mail, [&](MailPart& part) { parts.push_back(part); });
  return parts;
}

// Gives the parts of a mail that must be read without the library, as the library reads them.
std::vector<MailPart> parts_of(std::string_view mail) {
  const Parts plain = read_plainly(mail);
  EXPECT_TRUE(plain.is_read) << mail;
  EXPECT_TRUE(plain.parts == read_by_library(mail)) << mail;
  return plain.parts;
}

void left_to_the_library(std::string_view mail) {
  const Parts plain = read_plainly(mail);
  EXPECT_FALSE(plain.is_read) << mail;
  EXPECT_TRUE(plain.parts.empty()) << mail;
}

// A mail of one part with these fields.
std::string one_part(std::string_view fields) {
  return "From: a@sender.example\n" + std::string(fields) + "\nbody\n";
}

std::string content_type(std::string_view value) {
  return one_part("Content-Type: " + std::string(value) + "\n");
}

std::string multipart(std::string_view body, std::string_view type = "multipart/report; boundary=b") {
  return "Content-Type: " + std::string(type) + "\n\n" + std::string(body);
}

// A multipart whose only part has these fields.
std::string inner_part(std::string_view fields) {
  return multipart("--b\n" + std::string(fields) + "\nbody\n--b--\n");
}

std::string with_crlf(std::string_view text) {
  std::string converted;
  for (const char c : text) {
    converted += c == '\n' ? "\r\n" : std::string(1, c);
  }
  return converted;
}

constexpr std::string_view report_mail = R"(Return-Path: <noreply@sender.example>
Received: from mail.sender.example (mail.sender.example [192.0.2.1])
	by mx1.rcpt.example with ESMTPS (TLS1.3)
TLS-Report-Domain: RCPT.example
TLS-Report-Submitter: sender.example 
Subject: =?utf-8?q?Report?= Domain: rcpt.example
Content-Type: multipart/report; boundary="=_b/1 2";
	report-type=TLSRPT;

For programs that know no MIME.
--=_b/12
Content-Type: text/plain; charset="UTF-8"; format=flowed

For people.
-- 
--=_
--=_b/12
Content-Type: Application/TLSRPT+gzip;
  name="a!b!1!2.json.gz"
Content-Disposition: attachment;
	filename="a!b!1!2 (1).json.gz"
Content-Transfer-Encoding: BASE64

H4sI
AAA=
--=_b/12
Content-ID: <(what)@ever>
Content-Type: application/json; name=c.json

{}

--=_b/12--
Behind it.
)";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST(PlainMail, ReadsWhatSendersOfReportsWrite) {
  std::string mail = replaced(std::string(report_mail), "/1 2", "/12");
  left_to_the_library(mail);  // for the parentheses of the file's name alone
  mail = replaced(mail, " (1)", " 1");
  const auto parts = parts_of(mail);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].bytes, "For people.\n-- \n--=_");
  EXPECT_TRUE(parts[0].is_text);
  EXPECT_EQ(parts[1].media_type, "application/tlsrpt+gzip");
  EXPECT_EQ(parts[1].file_name, "a!b!1!2 1.json.gz");
  EXPECT_EQ(parts[1].bytes, std::string_view("\x1F\x8B\x08\x00\x00", 5));
  EXPECT_EQ(parts[1].report_domain, "rcpt.example");
  EXPECT_EQ(parts[1].report_submitter, "sender.example");
  EXPECT_TRUE(parts[1].is_in_report);
  EXPECT_EQ(parts[2].file_name, "c.json");
  EXPECT_EQ(parts[2].bytes, "{}\n");
  EXPECT_EQ(parts_of(with_crlf(mail))[2].bytes, "{}\r\n");
}

TEST(PlainMail, ReadsOneOrNoPart) {
  EXPECT_EQ(parts_of(content_type("application/tlsrpt+json"))[0].bytes, "body\n");
  EXPECT_FALSE(parts_of(content_type("application/tlsrpt+json; report-type=tlsrpt"))[0].is_in_report);
  EXPECT_EQ(parts_of("Content-Type: text/plain\n\n")[0].bytes, "");
  EXPECT_EQ(parts_of(multipart("--b\nContent-Type: text/plain\n\n--b--\n"))[0].bytes, "");
  EXPECT_TRUE(parts_of(multipart("--b--\n")).empty());
}

TEST(PlainMail, DecodesBase64AsTheOtherWayDoes) {
  const auto mail = [](std::string_view body) {
    return "Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n" + std::string(body);
  };
  const auto decoded = [&](std::string_view body) { return parts_of(mail(body))[0].bytes; };
  EXPECT_EQ(decoded("YWJj\r\nZA==\r\n"), "abcd");
  EXPECT_EQ(decoded("YW!J-j"), "abc");
  EXPECT_EQ(decoded("YWJjZ"), "abc");
  EXPECT_EQ(decoded("YWJjZA"), "abcd");
  EXPECT_EQ(decoded("YQ==YWJj"), "aabc");
  decoded("=");
  decoded("A==\n=");
  // Whole groups, and what ends them, wherever the lines end.
  const std::string digits = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo+/w";
  for (const std::string_view end : {"", "=", "==", "===", "\n", "=\r\n==\n", "!", " =", "\n="}) {
    for (std::size_t length = 0; length <= 12; ++length) {
      for (std::size_t line = 1; line <= length; ++line) {
        const std::string front = digits.substr(0, line) + "\r\n" + digits.substr(line, length - line);
        decoded(front + std::string(end));
      }
    }
  }
  for (int byte = 0; byte < 256; ++byte) {
    if (byte != '=') {
      decoded("YWJj" + std::string(1, static_cast<char>(byte)) + "YWJjYWJj");
    }
  }
}

TEST(PlainMail, LeavesOddHeadersToTheLibrary) {
  left_to_the_library("");
  left_to_the_library("Content-Type: text/plain");                 // no line end
  left_to_the_library("Content-Type: text/plain\n");               // no blank line
  left_to_the_library("Content-Type: text/plain\n folded");        // ends in a folded line
  left_to_the_library("no header\nContent-Type: text/plain\n\n");  // a line that is no field
  left_to_the_library(" begins folded\nContent-Type: text/plain\n\n");
  left_to_the_library(">From a@b.example\nContent-Type: text/plain\n\n");
  left_to_the_library(one_part("Content-Type : text/plain\n"));
  left_to_the_library(one_part("Content Type: text/plain\n"));
  left_to_the_library(one_part("Subject: no type\n"));
  left_to_the_library(one_part("Content-Type: text/plain\nCONTENT-TYPE: text/plain\n"));
  const auto beside_type = [](std::string_view fields) {
    left_to_the_library(one_part("Content-Type: a/b\n" + std::string(fields)));
    left_to_the_library(inner_part("Content-Type: a/b\n" + std::string(fields)));
  };
  beside_type("Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n");
  beside_type("Content-Disposition: inline\nContent-Disposition: attachment\n");
  beside_type("Content-Transfer-Encoding: quoted-printable\n");
  beside_type("Content-Transfer-Encoding: x-uuencode\n");
  beside_type("Content-Transfer-Encoding: base64 (yes)\n");
  beside_type("Content-Transfer-Encoding:\n base64\n");
  beside_type("Content-Transfer-Encoding: base64;\n");
  beside_type("Content-Disposition: attachment; filename*=utf-8''a\n");
  beside_type("Content-Disposition: attachment; filename=\"=?utf-8?q?a?=\"\n");
  beside_type("Content-Disposition: attachment; filename=\"a\\\"b\"\n");
  beside_type("Content-Disposition: attachment; filename=\"a\n b\"\n");
  beside_type("Content-Disposition: attachment; filename=a; filename=b\n");
  beside_type("Content-Disposition: attachment; filename=\"\"\n");
  beside_type("Content-Disposition: attachment; filename=\"\xC3\xA4\"\n");
  beside_type("Content-Disposition: ; filename=a\n");
  left_to_the_library(one_part("Content-Type: a/b\nTLS-Report-Domain: a.example\n .b\n"));
  left_to_the_library(one_part("Content-Type: a/b\nTLS-Report-Domain: a (b)\n"));
  left_to_the_library(one_part("Content-Type: a/b\nTLS-Report-Domain: =?utf-8?q?a?=\n"));
  left_to_the_library(one_part("Content-Type: a/b\nTLS-Report-Domain: a\rb\n"));
  left_to_the_library(one_part("Content-Type: a/b\nTLS-Report-Submitter: a\r\r\n"));
  left_to_the_library(one_part("Content-Type: a/b\nTLS-Report-Submitter: a\nTLS-Report-Submitter: b\n"));
}

TEST(PlainMail, LeavesOddContentTypesToTheLibrary) {
  left_to_the_library(content_type(""));
  left_to_the_library(content_type("text"));
  left_to_the_library(content_type("text/"));
  left_to_the_library(content_type("/plain"));
  left_to_the_library(content_type("text / plain"));
  left_to_the_library(content_type("text/plain (comment)"));
  left_to_the_library(content_type("text/plain charset=utf-8"));
  left_to_the_library(content_type("text/plain; name"));
  left_to_the_library(content_type("text/plain; name="));
  left_to_the_library(content_type("text/plain; name = a"));
  left_to_the_library(content_type("text/plain; name=\"a"));
  left_to_the_library(content_type("text/plain; name=a b"));
  left_to_the_library(content_type("text/plain; name*=utf-8''a"));
  left_to_the_library(content_type("text/plain; name*0=a; name*1=b"));
  left_to_the_library(content_type("text/plain; name=a; NAME=b"));
  left_to_the_library(content_type("text/plain;; name=a"));
  left_to_the_library(content_type("text/plain; name=a@b"));
  left_to_the_library(content_type("message/rfc822"));
  left_to_the_library(content_type("message/partial"));
}

TEST(PlainMail, LeavesOddMultipartsToTheLibrary) {
  constexpr std::string_view part = "Content-Type: a/b\n\nbody\n";
  const auto parts = [&](std::string_view before, std::string_view after) {
    return multipart(std::string(before) + std::string(part) + std::string(after));
  };
  EXPECT_EQ(parts_of(parts("--b\n", "--b--\n")).size(), 1U);
  left_to_the_library(parts("--b\n", ""));       // not closed
  left_to_the_library(parts("--b\n", "--b--"));  // no line end
  left_to_the_library(parts("--b\n", "--b-- \n"));
  left_to_the_library(parts("--b \n", "--b--\n"));
  left_to_the_library(parts("--b\n", "--b--\r\n"));  // line ends of two kinds
  left_to_the_library(parts("--b\n", "\r\n--b--\n"));
  left_to_the_library(parts("--b\n", "--bc\n--b--\n"));  // perhaps another boundary
  left_to_the_library(parts("--b\n", "x --b\n--b--\n"));
  left_to_the_library(parts("x --b\n--b\n", "--b--\n"));
  left_to_the_library(parts("--b\n\n", "--b--\n"));                   // no header
  left_to_the_library(parts("--b\n--b\n", "--b--\n"));                // an empty part
  left_to_the_library(multipart("--b\nContent-Type: a/b\n--b--\n"));  // a part without a blank line
  left_to_the_library(inner_part("Content-Type: multipart/mixed; boundary=c\n"));
  left_to_the_library(inner_part("Content-Type: message/rfc822\n"));
  const std::string one = "--b\n" + std::string(part) + "--b--\n";
  left_to_the_library(multipart(one, "multipart/report"));
  left_to_the_library(multipart(one, "multipart/report; boundary=b; boundary=c"));
  left_to_the_library(multipart(one, "multipart/report; boundary=\"b \""));
  left_to_the_library(multipart(one, "multipart/report; boundary=b\nContent-Transfer-Encoding: base64"));
  const std::string longest(70, 'b');
  EXPECT_TRUE(parts_of(multipart("--" + longest + "--\n", "multipart/mixed; boundary=" + longest)).empty());
  left_to_the_library(multipart("--b" + longest + "--\n", "multipart/mixed; boundary=b" + longest));
  std::string many;
  for (int i = 0; i < 33; ++i) {
    many += "--b\n" + std::string(part);
  }
  left_to_the_library(multipart(many + "--b--\n"));
}

}  // namespace
}  // namespace mta_sts::tlsrpt
