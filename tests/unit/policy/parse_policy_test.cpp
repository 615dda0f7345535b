#include "policy/parse_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/render_policy.hpp"

namespace mta_sts {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

constexpr std::string_view plain =
    "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\n";

Policy good(std::string_view body, Reading reading = Reading::strict) {
  const auto policy = parse_policy(body, reading);
  EXPECT_TRUE(policy) << body << ": " << to_string(policy.error().code);
  return policy.value_or(Policy{});
}

void bad(std::string_view body, std::string_view word, text::Position where,
         Reading reading = Reading::strict) {
  const auto policy = parse_policy(body, reading);
  ASSERT_FALSE(policy) << body;
  EXPECT_EQ(to_string(policy.error().code), word) << body;
  EXPECT_EQ(policy.error().where.line, where.line) << body;
  EXPECT_EQ(policy.error().where.column, where.column) << body;
  EXPECT_FALSE(policy.error().detail.empty()) << body;
}

// Puts one mx value into an otherwise good policy.
std::string with_mx(std::string_view value) {
  return "version: STSv1\nmode: enforce\nmx: " + std::string(value) + "\nmax_age: 1\n";
}

TEST(PolicyParse, ReadsEveryField) {  // R18 to R24
  const Policy policy = good(plain);
  EXPECT_EQ(policy.mode, Mode::enforce);
  EXPECT_THAT(policy.mx, ElementsAre("mail.example.com"));
  EXPECT_EQ(policy.max_age_seconds, 604800U);
  EXPECT_TRUE(policy.extensions.empty());
}

TEST(PolicyParse, TakesFieldsInAnyOrderAndLineEndsOfBothKinds) {  // R27, R29, R32, P19
  const Policy policy =
      good("max_age:1\nmx:\tB.example\t\r\nmode: testing \nmx:  *.A.Example\nversion: STSv1");
  EXPECT_EQ(policy.mode, Mode::testing);
  EXPECT_THAT(policy.mx, ElementsAre("b.example", "*.a.example"));  // lower case, in file order
}

TEST(PolicyParse, CountsTheFirstOfRepeatedFields) {  // R31, P11
  const Policy policy = good(
      "version: STSv1\nversion: STSv2\nmode: none\nmode: bogus\nmax_age: 5\nmax_age: x\nfoo: 1\nfoo: 2\nmx: "
      "a\nmx: a\n");
  EXPECT_EQ(policy.mode, Mode::none);
  EXPECT_EQ(policy.max_age_seconds, 5U);
  EXPECT_THAT(policy.mx, ElementsAre("a", "a"));
  ASSERT_EQ(policy.extensions.size(), 1U);
  EXPECT_EQ(policy.extensions[0], (PolicyExtension{"foo", "1"}));
}

TEST(PolicyParse, KeepsExtensionsAsTheyAre) {  // R30, R33, R34, P16
  const Policy policy =
      good(std::string(plain) + "Mode: x\n9.a_b-c: a b  c\nnote: \xE4\xB8\xAD\xC2\x85\xEF\xBB\xBF\n");
  ASSERT_EQ(policy.extensions.size(), 3U);
  EXPECT_EQ(policy.extensions[0], (PolicyExtension{"Mode", "x"}));  // another case is another field
  EXPECT_EQ(policy.extensions[1], (PolicyExtension{"9.a_b-c", "a b  c"}));
  EXPECT_EQ(policy.extensions[2].value, "\xE4\xB8\xAD\xC2\x85\xEF\xBB\xBF");
}

TEST(PolicyParse, RefusesABodyThatIsNone) {
  bad("", "empty", {1, 1});
  bad(" \t\r\n\n", "empty", {1, 1});
  bad("\xEF\xBB\xBF" + std::string(plain), "bom", {1, 1});    // P9
  bad("version: STSv1\nfoo: caf\xE9\n", "not-utf8", {2, 9});  // R34
  bad("version: STSv1\nmode: none\rmax_age: 1\n", "bad-line-ending", {2, 11});
  bad(std::string(plain) + "\r", "bad-line-ending", {5, 1});  // a last CR alone
  bad("\r\r\n", "bad-line-ending", {1, 1});
}

TEST(PolicyParse, HoldsTheSizeLimit) {  // R37
  std::string body = std::string(plain) + "pad: ";
  body.append(policy_limit_bytes - body.size(), 'x');
  EXPECT_EQ(good(body).extensions.size(), 1U);
  bad(body + "x", "too-large", {1, 1});
  bad(body + "x", "too-large", {1, 1}, Reading::sender);
}

TEST(PolicyParse, RefusesLinesThatAreNoField) {  // R29, R33 to R36
  const std::string head = "version: STSv1\n";
  bad(head + "mode : none\n", "bad-syntax", {2, 5});
  bad(head + " mode: none\n", "bad-syntax", {2, 1});
  bad(head + "mode\n", "bad-syntax", {2, 5});
  bad(head + ": none\n", "bad-syntax", {2, 1});
  bad(head + "_foo: a\n", "bad-syntax", {2, 1});
  bad(head + "mode:\n", "bad-syntax", {2, 6});  // P17
  bad(head + "mode: \t\n", "bad-syntax", {2, 8});
  bad(head + "foo: a\tb\n", "bad-syntax", {2, 7});
  bad(head + "foo: a\x7F\n", "bad-syntax", {2, 7});
  bad(head + "foo: a\0b\n"s, "bad-syntax", {2, 7});  // R36: a NUL ends nothing
  bad(head + std::string(33, 'n') + ": v\n", "bad-syntax", {2, 33});
  bad(head + "# comment\n", "bad-syntax", {2, 1});  // P9
  bad(head + "f\xC3\xB6o: a\n", "bad-syntax", {2, 2});
}

TEST(PolicyParse, RefusesBlankLinesInside) {  // P9
  bad("\n" + std::string(plain), "blank-line", {1, 1}, Reading::sender);
  bad("version: STSv1\n \t\nmode: none\nmax_age: 1\n", "blank-line", {2, 1}, Reading::sender);
  bad("version: STSv1\n\n\n\nmode: none\nmax_age: 1\n", "blank-line", {2, 1}, Reading::sender);
}

TEST(PolicyParse, ReadsBlankLinesAtTheEndAsASenderAlone) {  // P10
  for (const std::string_view end : {"\r\n", "\n\n\n", " \t", " \n\t\n"}) {
    const std::string body = std::string(plain) + std::string(end);
    good(body, Reading::sender);
    bad(body, "blank-line", {5, 1});
  }
}

TEST(PolicyParse, JudgesDefinedFieldsAfterTheGrammar) {  // R35
  bad("mode: none\nmax_age: 1\n", "missing-version", {1, 1});
  bad("version: STSV1\nmode: none\nmax_age: 1\n", "bad-version", {1, 10});
  bad("version: STSv1\nmax_age: 1\n", "missing-mode", {1, 1});
  bad("version: STSv1\nmode: Enforce\nmax_age: 1\n", "bad-mode", {2, 7});
  bad("version: STSv1\nmode: none\n", "missing-max-age", {1, 1});
  bad("version: STSv1\nmode: enforce\nmax_age: 1\n", "missing-mx", {1, 1});  // R23
  bad("version: STSv1\nmode: testing\nmax_age: 1\n", "missing-mx", {1, 1});
  good("version: STSv1\nmode: none\nmax_age: 1\n");
  bad("version: STSv1\nmode: none\nmx: *\nmax_age: 1\n", "bad-mx", {3, 5});  // P12
}

TEST(PolicyParse, ReadsMaxAgeAsTenDigits) {  // R20 to R22, P2, P3
  const auto body = [](std::string_view value) {
    return "version: STSv1\nmode: none\nmax_age: " + std::string(value) + "\n";
  };
  EXPECT_EQ(good(body("0")).max_age_seconds, 0U);
  EXPECT_EQ(good(body("0000604800")).max_age_seconds, 604800U);
  EXPECT_EQ(good(body("31557600")).max_age_seconds, 31557600U);
  bad(body("31557601"), "bad-max-age", {3, 10});
  const Policy clamped = good(body("9999999999"), Reading::sender);
  EXPECT_EQ(clamped.max_age_seconds, 9999999999U);
  EXPECT_EQ(clamped.max_age_used(), std::chrono::seconds(31557600));
  for (const std::string_view value :
       {"10000000000", "00000000001", "-1", "+1", "1 000", "1.5", "7d", "0x10"}) {
    bad(body(value), "bad-max-age", {3, 10}, Reading::sender);
  }
}

TEST(PolicyParse, ReadsMxAsDomains) {  // R24, R25, P13 to P15
  const std::string longest =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".";
  const std::vector<std::string> names{
      "a", "3com.example", "*.example", "xn--bcher-kva.example", "a-b.c", longest + std::string(61, 'd')};
  for (const std::string& name : names) {
    good(with_mx(name));
  }
  const std::vector<std::string> others{"*",
                                        "*.",
                                        "*a.b",
                                        "a.*.b",
                                        "*.*.a",
                                        ".a",
                                        "a.",
                                        "a..b",
                                        "-a.b",
                                        "a-.b",
                                        "a_b.c",
                                        "[192.0.2.1]",
                                        "2001:db8::1",
                                        "a, b",
                                        "a:25",
                                        "b\xC3\xBC"
                                        "cher.example",
                                        std::string(64, 'a') + ".b",
                                        longest + std::string(62, 'd'),
                                        "*." + longest + std::string(60, 'd')};
  for (const std::string& name : others) {
    bad(with_mx(name), "bad-mx", {3, 5}, Reading::sender);
  }
  good(with_mx("192.0.2.1"), Reading::sender);
  bad(with_mx("192.0.2.1"), "bad-mx", {3, 5});
}

TEST(PolicyParse, SenderAcceptsWhatStrictAccepts) {
  for (const std::string& body : {std::string(plain), with_mx("*.a"), with_mx("a") + "x: y\n"}) {
    EXPECT_EQ(good(body, Reading::sender), good(body, Reading::strict));
  }
}

TEST(PolicyRender, GivesTheCanonicalBytes) {  // R26, R28, R32
  const std::string_view body =
      "mx: B.example\nfoo:  bar \nmax_age: 0010\nmx: *.a.example\nmode: testing\nversion: STSv1\nfoo: "
      "again\nz: 1";
  const std::string canonical =
      "version: STSv1\r\nmode: testing\r\nmx: b.example\r\nmx: *.a.example\r\nmax_age: 10\r\nfoo: bar\r\nz: "
      "1\r\n";
  const Policy policy = good(body);
  EXPECT_EQ(render_policy(policy), canonical);
  EXPECT_EQ(good(canonical), policy);
  EXPECT_EQ(render_policy(good(canonical)), canonical);
}

}  // namespace
}  // namespace mta_sts
