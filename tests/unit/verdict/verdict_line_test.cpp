#include "verdict/verdict_line.hpp"

#include <gtest/gtest.h>

#include <array>

namespace mta_sts {
namespace {

Verdict enforce_verdict() {
  return {.mode = VerdictMode::enforce,
          .id = "20260101",
          .mx = {"mx1.good.example", "*.good.example"},
          .source = VerdictSource::cache,
          .expires = std::chrono::sys_seconds(std::chrono::seconds(1893456000)),
          .reason = ""};
}

constexpr std::string_view enforce_line =
    "mode=enforce id=20260101 mx=\"mx1.good.example *.good.example\" "
    "ignore=\"! ^mx1[.]good[.]example$ ; ! ^[^.]+[.]good[.]example$ ; *\" "
    "source=cache expires=1893456000";

void good(std::string_view line) {
  const auto verdict = parse_verdict_line(line);
  EXPECT_TRUE(verdict) << line;
}

void bad(std::string_view line, VerdictLineError error) {
  const auto verdict = parse_verdict_line(line);
  ASSERT_FALSE(verdict) << line;
  EXPECT_EQ(verdict.error(), error) << line;
}

TEST(VerdictLine, RendersOneVerdictOfEachMode) {
  EXPECT_EQ(render_verdict_line(enforce_verdict()), enforce_line);
  Verdict testing = enforce_verdict();
  testing.mode = VerdictMode::testing;
  EXPECT_EQ(
      render_verdict_line(testing),
      "mode=testing id=20260101 mx=\"mx1.good.example *.good.example\" source=cache expires=1893456000");
  EXPECT_EQ(render_verdict_line({.mode = VerdictMode::none}), "mode=none source=none");
  EXPECT_EQ(render_verdict_line(temp_verdict("deadline")), "mode=temp reason=deadline source=none");
}

TEST(VerdictLine, ReadsWhatItRenders) {
  Verdict live_none{.mode = VerdictMode::none, .id = "7", .source = VerdictSource::fetch};
  live_none.expires = std::chrono::sys_seconds(std::chrono::seconds(99999999999));
  Verdict testing = enforce_verdict();
  testing.mode = VerdictMode::testing;
  testing.reason = "refresh-failed";
  const std::array verdicts{enforce_verdict(), testing, live_none, temp_verdict("txt-lookup-failed"),
                            Verdict{.mode = VerdictMode::none}};
  for (const Verdict& verdict : verdicts) {
    const std::string line = render_verdict_line(verdict);
    const auto read = parse_verdict_line(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(*read, verdict) << line;
  }
}

TEST(VerdictLine, GivesNoMxToAPolicyThatAsksForNone) {
  Verdict none = enforce_verdict();
  none.mode = VerdictMode::none;
  EXPECT_EQ(render_verdict_line(none), "mode=none id=20260101 source=cache expires=1893456000");
}

TEST(VerdictLine, AcceptsItsWordsInAnyOrder) {
  good("source=none reason=txt-lookup-failed mode=temp");
  good("mode=temp reason=txt-lookup-failed");
  good("expires=1 source=fetch mx=\"a\" id=1 mode=testing");
  good("ignore=\"! ^a$ ; *\" expires=1 source=fetch mx=\"a\" id=1 mode=enforce");
  good("mode=testing id=1 mx=\"a a\" source=fetch expires=1");        // a policy may name a host twice
  good("mode=testing id=1 mx=\"192.0.2.1\" source=fetch expires=1");  // P14: fits the grammar, matches no MX
}

TEST(VerdictLine, RefusesWordsThatItDoesNotKnow) {
  bad("", VerdictLineError::bad_word);
  bad(" mode=none source=none", VerdictLineError::bad_word);
  bad("mode=none source=none ", VerdictLineError::bad_word);
  bad("mode=none  source=none", VerdictLineError::bad_word);
  bad("mode=none source=none extra=1", VerdictLineError::bad_word);
  bad("Mode=none source=none", VerdictLineError::bad_word);
  bad("mode none source=none", VerdictLineError::bad_word);
  bad("mode=none\"source=none", VerdictLineError::bad_word);
  bad("mode=none mode=none source=none", VerdictLineError::repeated_word);
  bad("mode=none source=none mode=enforce", VerdictLineError::repeated_word);
}

TEST(VerdictLine, RefusesValuesOutsideTheirGrammar) {
  const auto bad_value = [](std::string_view line) { bad(line, VerdictLineError::bad_value); };
  bad_value("mode= source=none");
  bad_value("mode=ENFORCE source=none");
  bad_value("mode=maybe source=none");
  bad_value("mode=none source=elsewhere");
  bad_value("mode=none id=a-b source=none");                                // R3: letters and digits
  bad_value("mode=none id=123456789012345678901234567890123 source=none");  // R3: 32 at most
  bad_value("mode=none source=none expires=-1");
  bad_value("mode=none source=none expires=1e9");
  bad_value("mode=none source=none expires=123456789012");
  bad_value("mode=temp reason=Two-Cases source=none");
  bad_value("mode=temp reason=-x source=none");
  bad_value("mode=testing mx=a id=1 source=fetch expires=1");  // unquoted
  bad_value("mode=testing mx=\"\" id=1 source=fetch expires=1");
  bad_value("mode=testing mx=\"a id=1 source=fetch expires=1");  // quote left open
  bad_value("mode=testing mx=\"a  b\" id=1 source=fetch expires=1");
  bad_value("mode=testing mx=\"a b \" id=1 source=fetch expires=1");
  bad_value("mode=testing mx=\"A.example\" id=1 source=fetch expires=1");
  bad_value("mode=testing mx=\"*\" id=1 source=fetch expires=1");
  bad_value("mode=testing mx=\"*.*.example\" id=1 source=fetch expires=1");
  bad_value("mode=testing mx=\"a;b\" id=1 source=fetch expires=1");  // would end a host list's entry
  bad_value("mode=testing mx=\"${run{x}}\" id=1 source=fetch expires=1");
  bad_value("mode=testing mx=\"a.example.\" id=1 source=fetch expires=1");  // P13
}

TEST(VerdictLine, RefusesBytesOutsidePrintableAscii) {
  bad("mode=none\tsource=none", VerdictLineError::bad_character);
  bad("mode=none source=none\n", VerdictLineError::bad_character);
  bad("mode=none source=none\r", VerdictLineError::bad_character);
  bad(std::string_view("mode=none source=none\0", 22), VerdictLineError::bad_character);
  bad("mode=none source=none \x7F", VerdictLineError::bad_character);
  bad("mode=none source=none reason=\xC3\xBC", VerdictLineError::bad_character);
}

TEST(VerdictLine, RefusesAPolicyWithAPartMissing) {
  const auto incomplete = [](std::string_view line) { bad(line, VerdictLineError::incomplete); };
  incomplete("mode=none");
  incomplete("source=none");
  incomplete("mode=temp source=none");
  incomplete("mode=testing id=1 source=fetch expires=1");
  incomplete("mode=testing mx=\"a\" source=fetch expires=1");
  incomplete("mode=testing mx=\"a\" id=1 source=fetch");
  incomplete("mode=enforce mx=\"a\" id=1 source=fetch expires=1");
}

TEST(VerdictLine, RefusesWordsThatContradictEachOther) {
  const auto contradicts = [](std::string_view line) { bad(line, VerdictLineError::contradiction); };
  contradicts("mode=none mx=\"a\" source=none");
  contradicts("mode=temp mx=\"a\" source=none reason=x");
  contradicts("mode=testing ignore=\"! ^a$ ; *\" mx=\"a\" id=1 source=fetch expires=1");
  // the filter must be the one of the patterns: a wider one would be a downgrade
  contradicts("mode=enforce ignore=\"! ^b$ ; *\" mx=\"a\" id=1 source=fetch expires=1");
  contradicts("mode=enforce ignore=\"! ^a$\" mx=\"a\" id=1 source=fetch expires=1");
  contradicts("mode=enforce ignore=\"! *\" mx=\"a\" id=1 source=fetch expires=1");
}

TEST(VerdictLine, NeverCutsAPolicyThatIsTooLong) {
  Verdict verdict = enforce_verdict();
  while (verdict.mx.size() < 10000) {
    verdict.mx.push_back(std::string(60, 'a') + ".host" + std::to_string(verdict.mx.size()) + ".example");
  }
  EXPECT_EQ(render_verdict_line(verdict), "mode=temp reason=policy-too-large source=none");
  bad(std::string(verdict_line_limit_bytes + 1, 'a'), VerdictLineError::too_long);
}

// R37: a policy of 64 KiB is accepted by the sender, so its verdict must fit, dots (three bytes each in the
// filter) and shortest names included.
TEST(VerdictLine, HoldsEveryPolicyThatASenderAccepts) {
  for (const std::string_view tail :
       {"", ".a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"}) {
    Verdict verdict = enforce_verdict();
    std::size_t body_size = 0;
    while (body_size < 65536) {
      verdict.mx.push_back("*." + std::to_string(verdict.mx.size()) + std::string(tail));
      body_size += 4 + verdict.mx.back().size();
    }
    const auto read = parse_verdict_line(render_verdict_line(verdict));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, verdict);
  }
}

TEST(HostIgnoreList, KeepsExactlyTheNamedHosts) {
  const auto list = [](std::vector<std::string> mx) { return host_ignore_list(mx); };
  EXPECT_EQ(list({}), "*");  // nothing named: nothing kept
  EXPECT_EQ(list({"mx.example"}), "! ^mx[.]example$ ; *");
  EXPECT_EQ(list({"*.example"}), "! ^[^.]+[.]example$ ; *");
  EXPECT_EQ(list({"a", "b", "a"}), "! ^a$ ; ! ^b$ ; *");
}

TEST(ReasonWord, IsKebabCase) {
  EXPECT_TRUE(is_reason_word("txt-lookup-failed"));
  EXPECT_TRUE(is_reason_word("http2"));
  for (const std::string_view word : {"", "-a", "a-", "A", "a b", "a\"b", "a_b"}) {
    EXPECT_FALSE(is_reason_word(word)) << word;
  }
  EXPECT_TRUE(is_reason_word(std::string(64, 'a')));
  EXPECT_FALSE(is_reason_word(std::string(65, 'a')));
}

}  // namespace
}  // namespace mta_sts
