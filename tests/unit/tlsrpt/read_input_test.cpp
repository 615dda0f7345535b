#include "tlsrpt/read/read_input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>

#include "unit/tlsrpt/deflated.hpp"
#include "unit/tlsrpt/packed.hpp"
#include "unit/tlsrpt/report_mail.hpp"

namespace mta_sts::tlsrpt {
namespace {

TEST(InputReader, JudgesNamesByBytes) {
  words(report, "W_NAME_TYPE", "a.json.gz");
  words(gzip(report), "W_NAME_TYPE", "a.json");
  words(zip({{"a.json", report}}), "W_NAME_TYPE W_ZIP", "a.json.gz");
  words(gzip(report), "", "a.JSON.GZ");
  words(report, "", "1700000000.M1P2.host:2,S");
  words(report, "W_NAME_TYPE", "a.eml");
  words("", "E_EMPTY", "a.json.gz");  // no bytes, nothing to differ
}

TEST(InputReader, UnpacksGzipMemberByMember) {  // R142
  words(gzip(report.substr(0, 100)) + gzip(report.substr(100)), "");
  words(gzip(report) + "\r\n", "W_TRAILING");
  const std::string padded = gzip(report) + std::string(700, '\0') + gzip(report) + "\n" + gzip(report);
  words(padded, "W_TRAILING");
  EXPECT_EQ(read_bytes(padded).reports.size(), 3U);
  std::string damaged = gzip(report);
  damaged[0] = '\x1E';
  words(gzip(report) + damaged, "E_GZIP W_TRAILING");
  EXPECT_EQ(read_bytes(gzip(report) + damaged).reports.size(), 1U);
  words(gzip(gzip(report)), "W_DOUBLE_GZIP");
  std::string many = report;
  for (int i = 0; i < 12; ++i) {
    many = gzip(many);
  }
  words(many, "E_NOT_REPORT");
  words(gzip(""), "E_EMPTY");
  words(gzip(report).substr(0, 40), "E_GZIP");
  words(gzip(report) + gzip(report).substr(0, 40), "E_GZIP");  // a second member that is cut short
  std::string bad_sum = gzip(report);
  bad_sum[bad_sum.size() - 6] ^= 1;
  words(bad_sum, "E_GZIP");
  std::string bad_length = gzip(report);
  bad_length[bad_length.size() - 2] ^= 1;
  words(bad_length, "E_GZIP");
}

TEST(InputReader, UnpacksSmallAndGreatMembers) {
  constexpr std::size_t at_once_bytes = std::size_t{64} << 10;
  for (const std::size_t size : {at_once_bytes - 1, at_once_bytes, at_once_bytes + 1, 40 * at_once_bytes}) {
    const std::string padded = report + std::string(size - report.size(), ' ');
    words(gzip(padded), "");
    words(gzip(report) + gzip(std::string(size, ' ')) + "\r\n", "W_TRAILING");
    std::string damaged = gzip(padded);
    damaged[damaged.size() - 6] ^= 1;
    words(damaged, "E_GZIP");
  }
}

TEST(InputReader, BoundsWhatGzipUnpacksTo) {
  words(gzip(std::string(unpacked_limit_bytes + 1, ' ')), "E_TOO_BIG");
  words(gzip(std::string(unpacked_limit_bytes, ' ')), "E_EMPTY");
  std::string members;
  for (int i = 0; i < 200'000; ++i) {
    members += gzip("");
  }
  words(members, "E_EMPTY");
  words(std::string(unpacked_limit_bytes + 1, ' '), "E_TOO_BIG");
}

TEST(InputReader, TakesNoDomainThatIsNoneFromTheNameOfAFile) {
  const std::string without_domain =
      report_text(R"({"policy":{"policy-type":"sts"})" + counts_text("1", "0") + "}");
  const auto counted_domain = [&](std::string_view name) {
    const auto read = read_bytes(zip({{std::string(name), without_domain}}), "all.zip");
    return read.reports.at(0).policies.at(0).counted_domain;
  };
  EXPECT_EQ(counted_domain("sender.example!Example.NET.!1!2.json"), "example.net");
  EXPECT_EQ(counted_domain("sender.example!b\u00fccher.example!1!2.json"), "xn--bcher-kva.example");
  EXPECT_EQ(counted_domain("sender.example!\xff\xfe!1!2.json"), "");
  EXPECT_EQ(counted_domain("sender.example!a b\n!1!2.json"), "");
}

TEST(InputReader, TakesReportMails) {
  words(report_mail("application/tlsrpt+json", report), "");
  words(report_mail("application/json", report), "W_MEDIA_TYPE");
  words(report_mail("application/tlsrpt+gzip", report),
        "W_MEDIA_TYPE");  // the type says another form than the bytes
  words(report_mail("application/tlsrpt+json", report, "multipart/mixed"), "W_MULTIPART");
  words(report_mail("application/tlsrpt+json", report, "multipart/report; report-type=delivery-status"),
        "W_MULTIPART");
  words(report_mail("application/tlsrpt+json", report, "multipart/report; report-type=TLSRPT"), "");
  words(mail("Content-Type: application/tlsrpt+json\r\n", report), "W_MULTIPART");  // one part alone
  words(mail("Content-Type: text/plain\r\n", report), "W_MEDIA_TYPE W_MULTIPART");  // pasted into a mail
}

TEST(InputReader, BelievesTheReportAndNotTheMail) {  // R143
  const std::string text = mail(
      "Subject: Report Domain: other.example\r\nTLS-Report-Domain: other.example\r\n"
      "Content-Type: application/tlsrpt+json; name=\"a!other.example!1!2!1.json\"\r\n",
      report);
  EXPECT_EQ(read_bytes(text).reports.at(0).policies.at(0).counted_domain, "rcpt.example");
  EXPECT_EQ(read_bytes(report, "a!other.example!1!2!1.json").reports.at(0).policies.at(0).counted_domain,
            "rcpt.example");
}

TEST(InputReader, ComparesTheSubmitterWithTheContact) {  // R144
  const auto submitted = [](std::string_view submitter) {
    return read_bytes(mail("TLS-Report-Submitter: " + std::string(submitter) +
                               "\r\nContent-Type: application/tlsrpt+json\r\n",
                           report))
        .words();
  };
  EXPECT_EQ(submitted("Sender.Example"), "W_MULTIPART");
  EXPECT_EQ(submitted("mail.sender.example"), "W_MULTIPART W_SUBMITTER");
  EXPECT_EQ(read_bytes(mail("Content-Type: application/tlsrpt+json\r\n", report)).words(), "W_MULTIPART");
}

TEST(InputReader, TakesForwardedMails) {
  const std::string inner = report_mail("application/tlsrpt+json", report);
  words(report_mail("message/rfc822", inner, "multipart/mixed"), "W_MULTIPART");
  const std::string mismatch =
      mail("TLS-Report-Submitter: other.example\r\nContent-Type: application/tlsrpt+json\r\n", report);
  words(mismatch, "W_MULTIPART W_SUBMITTER");
}

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                  reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.pop_back();
  return out;
}

TEST(InputReader, TakesMailsThatAreAttachedInAnEncoding) {
  const std::string inner = report_mail("application/tlsrpt+json", report);
  for (const std::string type : {"message/rfc822", "message/global", "application/octet-stream; name=a.eml",
                                 "application/octet-stream", "application/mbox"}) {
    const std::string front = type == "application/mbox" ? "From \r\n" : "";
    const std::string part = type + "\r\nContent-Transfer-Encoding: base64";
    const auto read = read_bytes(report_mail(part, base64(front + inner), "multipart/mixed"));
    EXPECT_EQ(read.words(), "") << type;
    EXPECT_EQ(read.reports.size(), 1U) << type;
    EXPECT_TRUE(read.result.has_mail);
  }
  const std::string quoted = "message/rfc822\r\nContent-Transfer-Encoding: quoted-printable";
  std::string encoded;
  for (const char c : inner) {
    encoded += c == '=' ? "=3D" : std::string(1, c);
  }
  EXPECT_EQ(read_bytes(report_mail(quoted, encoded, "multipart/mixed")).reports.size(), 1U);
  // An attached mail without a report is no fault of the mail that has one.
  const std::string both = mail("Content-Type: multipart/mixed; boundary=b\r\n",
                                "--b\r\nContent-Type: application/tlsrpt+json\r\n\r\n" + report +
                                    "\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n" +
                                    mail("", "hello") + "\r\n--b--\r\n");
  words(both, "W_MULTIPART");
}

TEST(InputReader, ReadsBase64AsSomeSendersWriteIt) {
  const std::string encoded = base64(gzip(report + std::string(2, ' ')));
  const std::string bare = encoded.substr(0, encoded.find('='));
  ASSERT_LT(bare.size(), encoded.size());
  for (const auto& [encoding, body] :
       {std::pair("base64", bare), std::pair("\"base64\"", encoded), std::pair(" \"BASE64\" ", bare)}) {
    const auto read = read_bytes(
        report_mail("application/tlsrpt+gzip\r\nContent-Transfer-Encoding: " + std::string(encoding), body));
    EXPECT_EQ(read.words(), "") << encoding;
    EXPECT_EQ(read.reports.size(), 1U) << encoding;
  }
}

TEST(InputReader, TakesMailsBehindWhatDoesNotBelongThere) {
  const std::string good = report_mail("application/tlsrpt+json", report);
  words("\xEF\xBB\xBF" + good, "");
  words("\r\n\n" + good, "");
  words(">From a@sender.example Tue Mar  3 04:12:09 2026\n" + good, "");
  words(
      "X-Gr\xC3\xBC\xC3\x9F"
      "e: hallo\r\n" +
          good,
      "");
  words(
      "X-Name: Gr\xFC\xDF"
      "e\r\n" +
          good,
      "");
  words(
      "\xC3\x9C"
      "ber: x\r\n" +
          good,
      "");
  words("2nd: x\n" + good, "");
  words(" \r\n" + good, "");
  words(" " + std::to_string(good.size()) + "\r\n" + good, "");
  words(std::to_string(good.size()) + "      \n" + good + "<?xml version=\"1.0\"?>\n<plist/>\n", "");
}

TEST(InputReader, NamesFormatsThatItDoesNotRead) {
  const auto detail = [](std::string_view bytes) {
    const auto read = read_bytes(bytes);
    EXPECT_EQ(read.words(), "E_NOT_REPORT");
    return read.result.findings.problems.at(0).detail;
  };
  using testing::HasSubstr;
  EXPECT_THAT(detail("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more"), HasSubstr(".msg"));
  EXPECT_THAT(detail("!BDN and more"), HasSubstr(".pst"));
  EXPECT_THAT(detail("\x78\x9F\x3E\x22 and more"), HasSubstr("TNEF"));
  EXPECT_THAT(detail("\x01\x01\x01\x01\nFrom: a@sender.example\n\n"), HasSubstr("MMDF"));
  EXPECT_THAT(detail("Dovecot-LZ4\r*\x9B\xC5 and more"), HasSubstr("Dovecot"));
  EXPECT_THAT(detail("BABYL OPTIONS: -*- rmail -*-\n"), HasSubstr("Babyl"));
  EXPECT_THAT(detail("\xCF\xAD\x12\xFE and more"), HasSubstr(".dbx"));
  EXPECT_THAT(detail("*mbx*\r\n4a3b"), HasSubstr("mbx"));
  EXPECT_THAT(detail("begin 644 report.json.gz\nM'XL(\n"), HasSubstr("uuencoded"));
  EXPECT_THAT(detail("0\x82\x01\x02\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"), HasSubstr("S/MIME"));
  EXPECT_THAT(detail(mail("Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n", "MIIB")),
              HasSubstr("S/MIME"));
  EXPECT_THAT(detail(report_mail("application/ms-tnef", "x", "multipart/mixed")), HasSubstr("TNEF"));
  EXPECT_THAT(detail(mail("", "A report.\r\n\r\nbegin 644 report.json.gz\r\nM'XL(\r\n")),
              HasSubstr("uuencoded"));
}

TEST(InputReader, SaysWhichMailHasNoReport) {
  words(mail("", "hello"), "E_NOT_REPORT");
  words(report_mail("application/gzip", gzip("<feedback/>"), "multipart/mixed"), "E_NOT_REPORT");
  words(report_mail("application/tlsrpt+gzip", "<html>"), "E_NOT_REPORT");
  words(report_mail("application/tlsrpt+gzip", ""), "E_EMPTY");
  words(report_mail("application/tlsrpt+gzip", gzip(report).substr(0, 40)), "E_GZIP");
  words(report_mail("application/tlsrpt+json", R"({"policies":[)"), "E_JSON");
}

TEST(InputReader, DoesNotBlameOtherAttachments) {
  const std::string two =
      mail("Content-Type: multipart/mixed; boundary=b\r\n",
           "--b\r\nContent-Type: application/tlsrpt+json\r\n\r\n" + report +
               "\r\n--b\r\nContent-Type: application/json\r\n\r\n{\"hello\":1}\r\n--b\r\nContent-Type: "
               "text/plain\r\n\r\n"
               "[list] footer\r\n--b--\r\n");
  words(two, "W_MULTIPART");
}

TEST(InputReader, GivesNoEndToNesting) {
  std::string nested = report_mail("application/tlsrpt+json", report);
  for (int i = 0; i < 2000; ++i) {
    nested = "Content-Type: message/rfc822\r\n\r\n" + nested;
  }
  EXPECT_EQ(read_bytes(nested).reports.size(), 0U);
  std::string parts;
  for (int i = 0; i < 20'000; ++i) {
    parts += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" +
             std::to_string(i) + "\r\n";
  }
  EXPECT_EQ(read_bytes(parts).reports.size(), 0U);
}

TEST(InputReader, LeavesMailsThatWouldCostMuch) {
  const auto repeated = [](std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
      all += text;
    }
    return all;
  };
  words(mail("Content-Type: multipart/mixed; boundary=b\r\n", repeated("--b\r\n\r\n{}\r\n", 10'001)),
        "E_TOO_BIG");
  words(repeated("A: b\r\n", 20'001), "E_TOO_BIG");
  words(mail("Content-Type: multipart/mixed; " + repeated("a=b;", 70'000) + "\r\n", ""), "E_TOO_BIG");
  words(mail("Content-Type: multipart/mixed;" + repeated("\r\n a=b;", 70'000) + "\r\n", ""), "E_TOO_BIG");
}

TEST(InputReader, SplitsAnMbox) {
  const std::string from = "From a@sender.example Tue Mar  3 04:12:09 2026\n";
  const std::string good = report_mail("application/tlsrpt+json", report);
  const auto read =
      read_bytes(from + good + "\n" + from + mail("", "no report") + "\n" + from + good, "in.mbox");
  EXPECT_EQ(read.words(), "E_NOT_REPORT");
  EXPECT_EQ(read.reports.size(), 2U);
  EXPECT_EQ(read.result.container, Container::mbox);
  EXPECT_TRUE(read.result.has_mail);
  // A sentence that begins with "From " is none of an mbox's lines.
  EXPECT_EQ(
      read_bytes(from + mail("", "\nFrom here on, all is well.\n\n") + "\n" + from + good).reports.size(),
      1U);
}

TEST(InputReader, SaysThatAnMboxIsEmpty) {
  words("From a@sender.example Tue Mar  3 04:12:09 2026\n", "E_NOT_REPORT");
}

TEST(InputReader, ReadsAPackedMbox) {
  const std::string from = "From a@sender.example Tue Mar  3 04:12:09 2026\n";
  const auto read =
      read_bytes(gzip(from + report_mail("application/tlsrpt+json", report)), "2026-03.mbox.gz");
  EXPECT_EQ(read.words(), "");
  EXPECT_EQ(read.reports.size(), 1U);
  EXPECT_EQ(read.result.container, Container::gzip);
}

TEST(InputReader, SaysWhereReadingFailed) {
  class Failing final : public ByteSource {
   public:
    std::optional<std::size_t> read(std::span<char>) override { return std::nullopt; }
  } source;
  const auto result = InputReader(far_future).read(source, "x", [](Report&&) {});
  EXPECT_TRUE(result.is_unreadable);
}

}  // namespace
}  // namespace mta_sts::tlsrpt
