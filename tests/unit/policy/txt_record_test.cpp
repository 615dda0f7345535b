#include "policy/txt_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta_sts {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

TxtAnswer answer(std::vector<std::string> records) {
  TxtAnswer answer{.status = DnsStatus::no_error, .records = {}};
  for (std::string& record : records) {
    answer.records.push_back({std::move(record)});
  }
  return answer;
}

void good(const std::string& record, std::string_view id) {
  const TxtRecord read = parse_txt_answer(answer({record}));
  ASSERT_EQ(read.outcome, TxtOutcome::ok) << record << ": " << read.detail;
  EXPECT_EQ(read.id, id);
}

void bad(const std::string& record, std::string_view word) {
  const TxtRecord read = parse_txt_answer(answer({record}));
  ASSERT_EQ(read.outcome, TxtOutcome::error) << record;
  EXPECT_EQ(to_string(read.error), word) << record;
  EXPECT_FALSE(read.detail.empty());
  EXPECT_TRUE(read.id.empty());
}

void none(std::vector<std::string> records, std::size_t candidates) {
  const TxtRecord read = parse_txt_answer(answer(std::move(records)));
  EXPECT_EQ(read.outcome, TxtOutcome::none) << read.detail;
  EXPECT_EQ(read.candidates, candidates);
  EXPECT_FALSE(read.detail.empty());
}

TEST(TxtRecord, ReadsTheId) {  // R2 to R4
  good("v=STSv1; id=20160831085700Z;", "20160831085700Z");
  good("v=STSv1;id=1", "1");
  good("v=STSv1\t;\t id=aB9 ; ", "aB9");
  good("v=STSv1; id=" + std::string(32, 'a'), std::string(32, 'a'));
  good("v=STSv1 ; id=a", "a");  // P1: alone
}

TEST(TxtRecord, IgnoresOtherFieldsAndLaterIds) {  // R10, R11, P11
  good("v=STSv1; foo=bar; id=a; x.y-z_9=!#/", "a");
  good("v=STSv1; id=a; id=b", "a");
  good("v=STSv1; id=a; id=not-alnum", "a");
  good("v=STSv1; ID=x; id=a", "a");
  bad("v=STSv1; id=a-b; id=c", "bad-id");
}

TEST(TxtRecord, RefusesABadId) {
  bad("v=STSv1;", "missing-id");
  bad("v=STSv1", "missing-id");
  bad("v=STSv1; foo=bar;", "missing-id");
  bad("v=STSv1; id=", "bad-id");
  bad("v=STSv1; id=;", "bad-id");
  bad("v=STSv1; id=a.b", "bad-id");
  bad("v=STSv1; id=" + std::string(33, 'a'), "bad-id");
}

TEST(TxtRecord, RefusesBadSyntax) {  // R4, R6, P18
  for (const std::string& record :
       {"v=STSv1 id=a"s,           "v=STSv1, id=a"s,
        "v=STSv1; id=a "s,         "v=STSv1 "s,
        "v=STSv1;; id=a"s,         "v=STSv1; id=a;;"s,
        "v=STSv1; id = a"s,        "v=STSv1; id= a"s,
        "v=STSv1; id=a b"s,        "v=STSv1; id=a; foo"s,
        "v=STSv1; id=a; foo="s,    "v=STSv1; id=a; =b"s,
        "v=STSv1; id=a; _foo=b"s,  "v=STSv1; id=a; id="s,
        "v=STSv1; id=a=b"s,        "v=STSv1; id=a; " + std::string(33, 'n') + "=v",
        "v=STSv1; id=a\0"s,        "v=STSv1; id=a\r\n"s,
        "v=STSv1;\xC2\xA0id=a"s,   "v=STSv1; id=a; foo=caf\xE9"s,
        "v=STSv1; id=a; foo=\x7F"s}) {
    bad(record, "bad-syntax");
  }
}

TEST(TxtRecord, TakesOnlyItsOwnVersion) {  // R2
  none({"V=STSv1; id=a"}, 0);
  none({" v=STSv1; id=a"}, 0);
  none({"v=STSv10; id=a"}, 0);
  none({"v=STSv1id=a"}, 0);
  none({"v=spf1 -all"}, 0);
  none({""}, 0);
}

TEST(TxtRecord, NeedsExactlyOneOfSeveral) {  // R5, P1
  none({}, 0);
  none({"v=STSv1; id=a", "v=STSv1; id=a"}, 2);
  none({"v=STSv1; id=a", "v=STSv1;"}, 2);  // counted before the syntax is looked at
  none({"v=STSv1 ; id=a", "x"}, 0);
  const TxtRecord chosen = parse_txt_answer(answer({"x", "v=STSv1 ; id=a", "v=STSv1; id=b", "v=STSv1"}));
  EXPECT_EQ(chosen.outcome, TxtOutcome::ok);
  EXPECT_EQ(chosen.id, "b");
  EXPECT_EQ(chosen.candidates, 1U);
}

TEST(TxtRecord, JoinsItsStringsWithoutSpaces) {  // R7
  TxtAnswer split{.status = DnsStatus::no_error, .records = {{"v=ST", "Sv1; i", "", "d=ab"}, {"x"}}};
  EXPECT_EQ(parse_txt_answer(split).id, "ab");
  split.records = {{}};
  EXPECT_EQ(parse_txt_answer(split).outcome, TxtOutcome::none);  // a record of no strings
}

TEST(TxtRecord, TellsAFailedLookupFromAnAbsentRecord) {  // R15, P6
  for (const DnsStatus status : {DnsStatus::no_data, DnsStatus::nx_domain}) {
    EXPECT_EQ(parse_txt_answer({.status = status, .records = {}}).outcome, TxtOutcome::none);
    EXPECT_EQ(parse_tlsrpt_answer({.status = status, .records = {}}).outcome, TxtOutcome::none);
  }
  for (const DnsStatus status :
       {DnsStatus::serv_fail, DnsStatus::refused, DnsStatus::timeout, DnsStatus::cname_loop}) {
    const TxtRecord read = parse_txt_answer({.status = status, .records = {{"v=STSv1; id=a"}}});
    EXPECT_EQ(read.outcome, TxtOutcome::temp);
    EXPECT_THAT(read.detail, HasSubstr(std::string(to_string(status))));
    EXPECT_EQ(parse_tlsrpt_answer({.status = status, .records = {}}).outcome, TxtOutcome::temp);
  }
}

TEST(TxtRecord, ShowsForeignTextSafely) {
  const TxtRecord read = parse_txt_answer(answer({"v=STSv1; \x1B[31m"}));
  EXPECT_THAT(read.detail, HasSubstr("\\x1b"));
  EXPECT_THAT(read.detail, Not(HasSubstr("\x1B")));
}

TEST(PolicyId, IsLettersAndDigits) {
  EXPECT_TRUE(is_policy_id("aZ09"));
  EXPECT_FALSE(is_policy_id(""));
  EXPECT_FALSE(is_policy_id("a-b"));
  EXPECT_FALSE(is_policy_id(std::string(33, 'a')));
}

}  // namespace
}  // namespace mta_sts
