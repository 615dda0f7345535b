#include "sender/dns/dns_message.hpp"

#include <gtest/gtest.h>

#include "unit/sender/dns_builder.hpp"

namespace mta_sts::sender {
namespace {

using namespace std::chrono_literals;
using fakes::DnsBuilder;

constexpr std::string_view name = "_mta-sts.example.com";

DnsAnswer parse(const DnsBuilder& builder, DnsType type = DnsType::txt, std::string_view asked = name) {
  return parse_dns_answer(builder.bytes(), asked, type).answer;
}

TEST(DnsMessage, ReadsTxtStringsAsTheyAre) {  // R7
  DnsBuilder builder(name, DnsType::txt);
  builder.txt(name, 120, {"v=STSv1; ", std::string("id=\0A;", 6), ""}).txt(name, 60, {"x"});
  const DnsAnswer answer = parse(builder);
  ASSERT_EQ(answer.status, DnsStatus::no_error);
  ASSERT_EQ(answer.records.size(), 2U);
  EXPECT_EQ(std::get<TxtData>(answer.records[0]), (TxtData{"v=STSv1; ", std::string("id=\0A;", 6), ""}));
  EXPECT_EQ(answer.ttl, 60s);  // the least
}

TEST(DnsMessage, PassesOverRecordsOfAnotherOwner) {
  DnsBuilder builder(name, DnsType::txt);
  builder.txt("other.test", 60, {"v=STSv1; id=evil;"}).txt("example.com", 60, {"v=STSv1; id=evil;"});
  const DnsAnswer answer = parse(builder);
  EXPECT_EQ(answer.status, DnsStatus::no_data);
  EXPECT_TRUE(answer.records.empty());
}

TEST(DnsMessage, ComparesOwnersWithoutCase) {
  DnsBuilder builder(name, DnsType::txt);
  builder.txt("_MTA-STS.Example.COM", 60, {"a"});
  EXPECT_EQ(parse(builder).records.size(), 1U);
}

TEST(DnsMessage, FollowsAliasesInAnyOrder) {  // R8
  DnsBuilder builder(name, DnsType::txt);
  builder.txt("end.example.net", 300, {"a"})
      .cname("mid.example.net", 30, "end.example.net")
      .cname(name, 90, "mid.example.net");
  const DnsAnswer answer = parse(builder);
  ASSERT_EQ(answer.status, DnsStatus::no_error);
  EXPECT_EQ(answer.aliases, (std::vector<std::string>{"mid.example.net", "end.example.net"}));
  EXPECT_EQ(answer.ttl, 30s);
}

TEST(DnsMessage, RefusesLoopsAndLongChains) {
  DnsBuilder loop(name, DnsType::txt);
  loop.cname(name, 60, "b.test").cname("b.test", 60, name);
  EXPECT_EQ(parse(loop).status, DnsStatus::cname_loop);
  DnsBuilder chain(name, DnsType::txt);
  chain.cname(name, 60, "c0.test");
  for (int i = 0; i < 8; ++i) {
    chain.cname("c" + std::to_string(i) + ".test", 60, "c" + std::to_string(i + 1) + ".test");
  }
  EXPECT_EQ(parse(chain).status, DnsStatus::cname_loop);
}

TEST(DnsMessage, NamesTheTargetThatNothingWasSaidAbout) {
  DnsBuilder builder(name, DnsType::txt);
  builder.cname(name, 60, "elsewhere.test");
  EXPECT_EQ(parse_dns_answer(builder.bytes(), name, DnsType::txt).unanswered_target, "elsewhere.test");
  builder.soa("test", 60, 60);
  EXPECT_EQ(parse_dns_answer(builder.bytes(), name, DnsType::txt).unanswered_target, "");
}

TEST(DnsMessage, TakesTheNegativeTtlFromTheSoa) {  // RFC 2308 section 5
  DnsBuilder builder(name, DnsType::txt);
  builder.rcode(3).soa("example.com", 3600, 200);
  const DnsAnswer answer = parse(builder);
  EXPECT_EQ(answer.status, DnsStatus::nx_domain);
  EXPECT_EQ(answer.ttl, 200s);
  DnsBuilder bare(name, DnsType::txt);
  EXPECT_EQ(parse(bare).status, DnsStatus::no_data);
  EXPECT_EQ(parse(bare).ttl, 0s);
}

TEST(DnsMessage, TellsFailuresApart) {  // R15
  const auto status = [](unsigned rcode) {
    DnsBuilder builder(name, DnsType::txt);
    builder.rcode(rcode);
    return parse(builder).status;
  };
  EXPECT_EQ(status(0), DnsStatus::no_data);
  EXPECT_EQ(status(1), DnsStatus::serv_fail);  // FORMERR
  EXPECT_EQ(status(2), DnsStatus::serv_fail);
  EXPECT_EQ(status(3), DnsStatus::nx_domain);
  EXPECT_EQ(status(4), DnsStatus::serv_fail);  // NOTIMP
  EXPECT_EQ(status(5), DnsStatus::refused);
}

TEST(DnsMessage, RefusesWhatIsNoAnswerToTheQuestion) {
  DnsBuilder other("_mta-sts.other.test", DnsType::txt);
  other.txt("_mta-sts.other.test", 60, {"a"});
  EXPECT_EQ(parse(other).status, DnsStatus::serv_fail);
  DnsBuilder type(name, DnsType::a);
  EXPECT_EQ(parse(type).status, DnsStatus::serv_fail);
  DnsBuilder query(name, DnsType::txt);
  query.flags(0x0100);  // QR is not set
  EXPECT_EQ(parse(query).status, DnsStatus::serv_fail);
  DnsBuilder cut(name, DnsType::txt);
  cut.txt(name, 60, {"a"}).flags(0x8380);  // TC
  EXPECT_EQ(parse(cut).status, DnsStatus::serv_fail);
}

TEST(DnsMessage, TellsItsAnswerFromStrayOnes) {  // RFC 5452 section 9.1
  const auto classify = [](const DnsBuilder& builder) {
    return classify_dns_reply(builder.bytes(), "a.test", DnsType::txt);
  };
  EXPECT_EQ(classify(DnsBuilder("a.test", DnsType::txt)), DnsReply::complete);
  EXPECT_EQ(classify(DnsBuilder("A.TEST", DnsType::txt)), DnsReply::complete);
  EXPECT_EQ(classify(DnsBuilder("a.test", DnsType::txt).flags(0x8380)), DnsReply::cut_off);
  EXPECT_EQ(classify(DnsBuilder("b.test", DnsType::txt)), DnsReply::foreign);
  EXPECT_EQ(classify(DnsBuilder("a.test", DnsType::mx)), DnsReply::foreign);
  EXPECT_EQ(classify(DnsBuilder("a.test", DnsType::txt).flags(0x0100)), DnsReply::foreign);  // a query
  EXPECT_EQ(classify(DnsBuilder("a.test", DnsType::txt).flags(0xA980)), DnsReply::foreign);  // a NOTIFY
  const DnsBuilder::Bytes without_question{0, 1, 0x81, 0x85, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(classify_dns_reply(without_question, "a.test", DnsType::txt), DnsReply::complete);  // REFUSED
  const DnsBuilder::Bytes empty_success{0, 1, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(classify_dns_reply(empty_success, "a.test", DnsType::txt), DnsReply::foreign);
  EXPECT_EQ(classify_dns_reply({}, "a.test", DnsType::txt), DnsReply::foreign);
}

TEST(DnsMessage, RefusesEveryCutAndMalformedRecord) {
  DnsBuilder whole(name, DnsType::txt);
  whole.txt(name, 60, {"v=STSv1; id=A;"});
  const auto bytes = whole.bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto answer = parse_dns_answer(std::span(bytes).first(length), name, DnsType::txt).answer;
    EXPECT_EQ(answer.status, DnsStatus::serv_fail) << length;
  }
  DnsBuilder overlong(name, DnsType::txt);
  overlong.record(name, 16, 60, {9, 'a'});  // the string is longer than the data
  EXPECT_EQ(parse(overlong).status, DnsStatus::serv_fail);
  DnsBuilder empty(name, DnsType::txt);
  empty.record(name, 16, 60, {});
  EXPECT_EQ(parse(empty).status, DnsStatus::serv_fail);
  DnsBuilder short_address(name, DnsType::a);
  short_address.record(name, 1, 60, {127, 0, 0});
  EXPECT_EQ(parse(short_address, DnsType::a).status, DnsStatus::serv_fail);
}

TEST(DnsMessage, EndsOnPointersThatGoForwardOrRound) {
  DnsBuilder self(name, DnsType::txt);
  self.raw_owner({0xC0, static_cast<std::uint8_t>(self.size())}, 16, 60, {1, 'a'});
  EXPECT_EQ(parse(self).status, DnsStatus::serv_fail);
  DnsBuilder pointer(name, DnsType::txt);
  pointer.raw_owner({0xC0, 12}, 16, 60, {1, 'a'});  // the question's name: the usual compression
  EXPECT_EQ(parse(pointer).status, DnsStatus::no_error);
  DnsBuilder bad_label(name, DnsType::txt);
  bad_label.raw_owner({0x41, 'a', 0}, 16, 60, {1, 'a'});  // RFC 6891: no such label type
  EXPECT_EQ(parse(bad_label).status, DnsStatus::serv_fail);
}

TEST(DnsMessage, ReadsAddressesMxAndTlsa) {
  DnsBuilder a("h.test", DnsType::a);
  a.record("h.test", 1, 60, {192, 0, 2, 7});
  EXPECT_EQ(std::get<IpAddress>(parse(a, DnsType::a, "h.test").records[0]).to_text(), "192.0.2.7");
  DnsBuilder mx("h.test", DnsType::mx);
  mx.record("h.test", 15, 60, {0, 10, 2, 'M', 'x', 4, 't', 'e', 's', 't', 0})
      .record("h.test", 15, 60, {0, 0, 0});
  const DnsAnswer answer = parse(mx, DnsType::mx, "h.test");
  EXPECT_EQ(std::get<MxData>(answer.records[0]).host, "mx.test");
  EXPECT_EQ(std::get<MxData>(answer.records[0]).preference, 10);
  EXPECT_EQ(std::get<MxData>(answer.records[1]).host, "");  // null MX
  DnsBuilder tlsa("_25._tcp.h.test", DnsType::tlsa);
  tlsa.record("_25._tcp.h.test", 52, 60, {3, 1, 1, 0xAA, 0xBB});
  EXPECT_EQ(std::get<TlsaData>(parse(tlsa, DnsType::tlsa, "_25._tcp.h.test").records[0]).association,
            "\xAA\xBB");
  DnsBuilder cname("h.test", DnsType::cname);
  cname.cname("h.test", 60, "Other.test");
  EXPECT_EQ(std::get<std::string>(parse(cname, DnsType::cname, "h.test").records[0]), "other.test");
}

TEST(DnsMessage, ShowsStrangeNamesSafely) {
  DnsBuilder builder("h.test", DnsType::mx);
  builder.record("h.test", 15, 60, {0, 1, 3, 'a', '.', 0x1b, 0});
  EXPECT_EQ(std::get<MxData>(parse(builder, DnsType::mx, "h.test").records[0]).host, "a\\046\\027");
}

TEST(DnsMessage, TakesAdAndIgnoresStrangeTtls) {
  DnsBuilder builder(name, DnsType::txt);
  builder.txt(name, 0xFFFFFFFF, {"a"}).flags(0x81A0);
  const DnsAnswer answer = parse(builder);
  EXPECT_TRUE(answer.authenticated);
  EXPECT_EQ(answer.ttl, 0s);  // RFC 2181 section 8
}

TEST(DnsMessage, RefusesNamesThatCannotBeAsked) {
  DnsBuilder builder(name, DnsType::txt);
  for (const std::string& asked :
       {std::string(), std::string("a..b"), std::string(64, 'a'), std::string(300, 'a')}) {
    EXPECT_EQ(parse(builder, DnsType::txt, asked).status, DnsStatus::serv_fail) << asked;
  }
}

}  // namespace
}  // namespace mta_sts::sender
