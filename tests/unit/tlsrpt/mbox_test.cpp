// How programs separate the messages of an mbox: none is swallowed by the one before it without a word.
#include "tlsrpt/read/mbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tlsrpt/read.hpp"

namespace mta_sts::tlsrpt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string dated = "From a@sender.example Tue Mar  3 04:12:09 2026\n";
const std::string one = "From: a@sender.example\nSubject: 1\n\nbody\n";
const std::string two = "From: b@sender.example\nSubject: 2\n\nbody\n";

struct Split {
  std::vector<std::string> messages;
  Findings findings;
};

Split split(const std::string& text, FirstMessage first = FirstMessage::behind_separator) {
  Split split;
  MemorySource memory(text);
  BufferedSource source(memory);
  split_mbox(source, first, split.findings,
             [&](std::string_view message) { split.messages.emplace_back(message); });
  return split;
}

class Separators : public testing::TestWithParam<const char*> {};

TEST_P(Separators, BeginAMessageInTheFirstPlaceAndBehindABlankLine) {
  const std::string separator = GetParam() + std::string("\n");
  EXPECT_TRUE(looks_like_mbox(separator + one));
  EXPECT_THAT(split(separator + one + "\n" + separator + two).messages, ElementsAre(one + "\n", two));
  const auto crlf = [](std::string text) {
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) {
      text.insert(at, "\r");
    }
    return text;
  };
  EXPECT_THAT(split(crlf(separator + one + "\n" + separator + two)).messages,
              ElementsAre(crlf(one + "\n"), crlf(two)));
}

INSTANTIATE_TEST_SUITE_P(OfAllKinds, Separators,
                         testing::Values("From ", "From - ", "From a@sender.example",
                                         "From a@sender.example Tue Mar  3 04:12:09 2026",
                                         "From a@sender.example Mar  3 04:12:09 2026",
                                         "From a@sender.example Tue, 03 Mar 2026 04:12:09 +0000",
                                         "From a@sender.example 2026-03-03T04:12:09Z",
                                         "From MAILER-DAEMON 2026-03-03 04:12:09"));

TEST(Mbox, NeedsNoBlankLineBeforeADatedSeparator) {
  EXPECT_THAT(split(dated + one + dated + two).messages, ElementsAre(one, two));
}

TEST(Mbox, TakesNoSentenceForASeparator) {
  const std::string text = "From: a@sender.example\n\nFrom here on, all is well.\n\nFrom now on too.\n";
  EXPECT_THAT(split(dated + text + "\n" + dated + two).messages, ElementsAre(text + "\n", two));
  EXPECT_FALSE(looks_like_mbox("From here on, all is well.\n"));
}

TEST(Mbox, KeepsALastLineThatCouldBeASeparator) {
  EXPECT_THAT(split(dated + one + "\nFrom \n").messages, ElementsAre(one + "\nFrom \n"));
  EXPECT_THAT(split(dated + one + "\nFrom me").messages, ElementsAre(one + "\nFrom me"));
}

TEST(Mbox, ReadsBehindAMarkAndBlankLines) {
  EXPECT_TRUE(looks_like_mbox("\xEF\xBB\xBF" + dated + one));
  EXPECT_THAT(split("\xEF\xBB\xBF" + dated + one).messages, ElementsAre(one));
  EXPECT_TRUE(looks_like_mbox("\r\n\n" + dated + one));
  EXPECT_THAT(split("\n\n" + dated + one).messages, ElementsAre(one));
}

TEST(Mbox, TakesAQuotedSeparatorForTheBeginningOfAMessage) {
  const std::string quoted = ">From a@sender.example Tue Mar  3 04:12:09 2026\n" + one;
  EXPECT_THAT(split("From \n" + quoted).messages, ElementsAre(quoted));
}

TEST(Mbox, SplitsNoLineThatIsLongerThanTheBuffer) {
  const std::string line(BufferedSource::chunk_bytes, 'x');
  const std::string text = one + "\n" + line + "From \nSubject: 2\n";
  EXPECT_THAT(split(dated + text).messages, ElementsAre(text));
}

TEST(Mbox, ReadsLinesAcrossTheEndOfItsBuffer) {
  std::string text = one + "\n";
  for (std::size_t length = 1; text.size() < 3 * BufferedSource::buffer_bytes; length = length * 7 % 1009) {
    text += std::string(length, 'x') + "\n";
  }
  EXPECT_THAT(split(dated + text + dated + two).messages, ElementsAre(text, two));
}

TEST(Mbox, TellsWhereAMessageHoldsAnother) {
  const std::string lost = one + "\nReceived: by mx.example\nFrom: b@sender.example\nSubject: 2\n\nbody\n";
  const Split found = split(dated + two + "\n" + dated + lost);
  EXPECT_THAT(found.messages, ElementsAre(two + "\n", lost));
  ASSERT_EQ(found.findings.problems.size(), 1U);
  EXPECT_EQ(found.findings.problems.front().error, ReadError::mbox);
  EXPECT_THAT(found.findings.problems.front().detail, HasSubstr("message 2 of the mbox"));
}

TEST(Mbox, TakesNoPartForAMessageThatWasSwallowed) {
  const std::string inner = "Received: by mx.example\nFrom: b@sender.example\nSubject: 2\n\nbody\n";
  for (const std::string part : {"Content-Type: message/rfc822\n\n", "Content-Type: message/global\n\n",
                                 "Content-Type: text/rfc822-headers\n\n"}) {
    const std::string text = "From: a@sender.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" +
                             part + inner + "--b--\n";
    EXPECT_TRUE(split(dated + text).findings.problems.empty()) << part;
  }
  // What people quote has no field that only transport writes.
  const std::string quoted = one + "\nFrom: b@sender.example\nSent: Tuesday\nSubject: 2\n\nbody\n";
  EXPECT_TRUE(split(dated + quoted).findings.problems.empty());
}

std::string report_mail(std::string_view success, std::string_view failure,
                        std::string_view text = "A report.") {
  return "From: tls@sender.example\nMessage-ID: <1@sender.example>\nMIME-Version: 1.0\n"
         "Content-Type: multipart/report; report-type=tlsrpt; boundary=\"b1\"\n\n--b1\n"
         "Content-Type: text/plain\n\n" +
         std::string(text) + "\n--b1\nContent-Type: application/tlsrpt+json\n\n" +
         report_text(policy_text("", counts_text(success, failure))) + "\n--b1--\n";
}

// Two reports, or one and a fault that cron hears.
void expect_nothing_lost(const std::string& text, std::size_t reports, std::string_view why) {
  const auto read = read_bytes(text, "in.mbox");
  EXPECT_EQ(read.reports.size(), reports) << why;
  EXPECT_EQ(read.result.findings.faults, 2 - reports) << why;
  EXPECT_EQ(read.result.findings.errors.contains(ReadError::mbox), reports == 1) << why;
}

TEST(Mbox, LosesNoReportBehindAnOddSeparator) {
  const std::string a = report_mail("100", "0");
  const std::string b = report_mail("0", "500");
  const std::string mark = "\xEF\xBB\xBF";
  expect_nothing_lost(dated + a + "From a@b.example 2026-03-03T04:12:09Z\n" + b, 2, "ISO 8601");
  expect_nothing_lost(dated + a + "From a@b.example Tue, 03 Mar 2026 04:12:09 +0000 (UTC)\n" + b, 2,
                      "RFC 5322");
  expect_nothing_lost(dated + a + "From a@b.example Mar  3 04:12:09 2026\n" + b, 2, "no weekday");
  expect_nothing_lost(dated + a + "From a Tue Mar  3 04:12:09 2026 remote from b\n" + b, 2, "UUCP");
  expect_nothing_lost(dated + a + "\nFrom\n" + b, 2, "the blank went");
  expect_nothing_lost("From\n" + a + "\nFrom\n" + b, 2, "at the first place too");
  expect_nothing_lost(dated + a + " \nFrom \n" + b, 2, "a blank line with a blank");
  expect_nothing_lost(dated + a + "\nFrom \nFrom \n" + b, 2, "two of them");
  expect_nothing_lost("From \nFrom \n" + a + "\n" + dated + b, 2, "two of them in the first place");
  expect_nothing_lost(mark + dated + a + "\n" + mark + dated + b, 2, "two files put together");
  expect_nothing_lost(mark + dated + a + mark + "From \n" + b, 1, "the same without a blank line");
  expect_nothing_lost(dated + a + "From - \n" + b, 1, "no blank line");
  expect_nothing_lost(dated + a + "From \n" + b, 1, "no blank line");
  expect_nothing_lost(dated + a + "\n>From a@b.example Tue Mar  3 04:12:09 2026\n" + b, 1, "quoted");
  expect_nothing_lost(dated + a + "\n" + b, 1, "none");
  expect_nothing_lost(dated + a + "\nFROM a@b.example Tue Mar  3 04:12:09 2026\n" + b, 1, "in capitals");
  expect_nothing_lost(dated + a + "\nrom a@b.example Tue Mar  3 04:12:09 2026\n" + b, 1, "without a letter");
}

TEST(Mbox, LosesNoReportBehindAnOddHeader) {
  const std::string a = report_mail("100", "0");
  const std::string b = report_mail("0", "500");
  for (const std::string odd : {"8bit: x\n", "_x: y\n", "3com-Id: 1\n", "\xC3\xA4: x\n"}) {
    expect_nothing_lost(dated + a + "\n" + dated + odd + b, 2, odd);
    expect_nothing_lost(dated + a + "\nFrom \n" + odd + b, 2, odd);
    expect_nothing_lost(dated + a + "\n" + odd + b, 1, odd);
  }
  for (const std::string odd : {">From x\n", "From nobody\n", "--\n", "not a field\n"}) {
    const std::size_t at = b.find("MIME-Version:");
    expect_nothing_lost(dated + a + "\n" + b.substr(0, at) + odd + b.substr(at), 1, odd);
  }
  expect_nothing_lost(dated + a + "\n" + b.substr(b.find('\n') + 1), 1, "no From");
}

TEST(Mbox, SplitsNoPartAtASentence) {
  const std::string text = "Hello.\n\nFrom our servers\nDomain: rcpt.example\n";
  expect_nothing_lost(dated + report_mail("100", "0", text) + "\n" + dated + report_mail("0", "500"), 2,
                      "in a part");
  const std::string day = "of\nFrom Mon 2 Mar 00:00 to Tue Mar 3 00:00\n";
  expect_nothing_lost(dated + report_mail("100", "0", day) + "\n" + dated + report_mail("0", "500"), 2,
                      "of a day");
}

TEST(Mbox, IsQuietOfWhatABounceQuotes) {
  const std::string quoted = one + "\nReturn-Path: <a@sender.example>\nFrom: b@sender.example\n\nbody\n";
  const Split found = split(dated + quoted + "\n" + dated + two);
  ASSERT_EQ(found.findings.problems.size(), 1U);
  EXPECT_TRUE(found.findings.problems.front().is_of_other_mail);
}

TEST(Mbox, CountsEveryReport) {
  const std::string report = report_text(policy_text("", counts_text("1", "0")));
  const std::string mail =
      "From: a@sender.example\nMIME-Version: 1.0\nContent-Type: application/tlsrpt+json\n\n" + report + "\n";
  EXPECT_EQ(read_bytes(dated + mail + "\nFrom \n" + mail, "in.mbox").reports.size(), 2U);
  EXPECT_EQ(read_bytes("From \n" + mail + "\n" + dated + mail, "in.mbox").reports.size(), 2U);
  EXPECT_EQ(read_bytes(dated + mail + "\nFrom - \n" + mail, "in.mbox").words(), "W_MULTIPART");
}

}  // namespace
}  // namespace mta_sts::tlsrpt
