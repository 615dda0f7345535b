#include "tlsrpt/render/alert.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/tlsrpt/watch.hpp"

namespace mta_sts::tlsrpt {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct Alert {
  Told told;
  std::string text;
};

Alert alert_of(const Watched& watched, const JudgeOptions& options = {},
               const std::vector<Standing>& standing = {}) {
  const Judgment judgment = judge(watched, options);
  Told told = compare(judgment, watched, standing, today);
  std::string text = render_alert(
      {.told = told, .judgment = judgment, .watched = watched, .domain = "a.example", .today = today});
  return {.told = std::move(told), .text = std::move(text)};
}

void fail(Watched& watched, int age, std::string_view type, std::string_view host) {
  watched.failure({.day = ago(age), .result_type = type, .host = host, .count = 1, .imported = ago(age - 1)});
}

TEST(WatchSpan, TellsWhatIsWatched) {
  const WatchSpan span{.since = ago(2), .imported_since = ago(5)};
  EXPECT_EQ(span.part_of(ago(0), ago(0)), WatchPart::latest);
  EXPECT_EQ(span.part_of(ago(2), ago(9)), WatchPart::latest);
  EXPECT_EQ(span.part_of(ago(3), ago(6)), WatchPart::earlier);
  EXPECT_EQ(span.part_of(ago(6), ago(5)), WatchPart::late);
  EXPECT_EQ(span.part_of(ago(16), ago(0)), WatchPart::late);
  EXPECT_EQ(span.part_of(ago(17), ago(0)), WatchPart::earlier);  // an archive
  EXPECT_EQ(span.part_of({}, ago(5)), WatchPart::latest);
  EXPECT_EQ(span.part_of({}, ago(6)), WatchPart::earlier);
  const WatchSpan second{.since = ago(2), .imported_since = ago(2), .known_until = ago(1)};
  EXPECT_EQ(second.part_of(ago(3), ago(2)), WatchPart::earlier);  // it came in time, and was judged
  EXPECT_EQ(second.part_of(ago(3), ago(0)), WatchPart::late);
  EXPECT_EQ(second.part_of(ago(6), ago(2)), WatchPart::late);
  const WatchSpan named{.since = ago(5), .until = ago(3)};
  EXPECT_EQ(named.part_of(ago(3), ago(0)), WatchPart::latest);
  EXPECT_EQ(named.part_of(ago(2), ago(0)), WatchPart::outside);
  EXPECT_EQ(named.part_of(ago(6), ago(0)), WatchPart::earlier);
  EXPECT_EQ(named.part_of({}, ago(0)), WatchPart::outside);
}

TEST(WatchSpan, JudgesAsManyDaysAtATime) {
  const WatchSpan span{.since = ago(2), .imported_since = ago(2)};
  EXPECT_EQ(span.window_of({}), 0U);
  EXPECT_EQ(span.window_of(ago(-1)), 0U);
  EXPECT_EQ(span.window_of(ago(2)), 0U);
  EXPECT_EQ(span.window_of(ago(3)), 1U);
  EXPECT_EQ(span.window_of(ago(5)), 1U);
  EXPECT_EQ(span.window_of(ago(6)), 2U);
}

TEST(Alert, IsSilentWhereAllIsWell) {
  EXPECT_EQ(alert_of(three_days()).text, "");
  Watched watched = three_days();
  fail(watched, 9, "certificate-expired", "mx1");
  fail(watched, 1, "certificate-expired", "mx1");
  add(watched, {.sessions = {10'000, 1}});
  EXPECT_EQ(alert_of(watched).text, "");
}

TEST(Alert, TellsWhatIsNewOrWrong) {
  Watched wrong = three_days();
  add(wrong, {.sessions = {990, 10}});
  EXPECT_TRUE(has(alert_of(wrong).text,
                  "TLS reports for a.example, 2026-03-29: The success rate was 99.00% (990 ok, 10 failed), "
                  "below the target of 99.9%."));
  Watched watched = three_days();
  fail(watched, 9, "certificate-expired", "mx1");
  fail(watched, 1, "tlsa-invalid", "mx1");
  const std::string type = alert_of(watched).text;
  EXPECT_TRUE(has(type, "New failure type: tlsa-invalid (1 session, first on 2026-03-29)"));
  EXPECT_TRUE(has(type, "TLSA"));
  EXPECT_FALSE(has(type, "New failing host"));
  fail(watched, 1, "certificate-expired", "mx2");
  EXPECT_TRUE(has(alert_of(watched).text, "New failing host: mx2"));
}

TEST(Alert, JudgesNoRateByAFewFailures) {
  const auto alert = [](Sessions sessions) {
    Watched watched = three_days();
    add(watched, {.sessions = sessions});
    return alert_of(watched).text;
  };
  EXPECT_EQ(alert({33, 3}), "");
  EXPECT_EQ(alert({0, 1}), "");
  EXPECT_TRUE(has(alert({0, 2}), "0.00% (0 ok, 2 failed)"));
  EXPECT_TRUE(has(alert({31, 5}), "86.11% (31 ok, 5 failed)"));
}

TEST(Alert, NamesADomainOrASenderThatFailsBesideAGreatOne) {
  Watched watched = three_days();
  add(watched, {.sessions = {1'000'000, 0}, .sender = "Great", .domain = "great.example"});
  add(watched, {.sessions = {0, 5}, .sender = "Small", .domain = "small.example"});
  const std::string alert = alert_of(watched).text;
  EXPECT_TRUE(has(alert, "Below the target: small.example 0.00% (0 ok, 5 failed)."));
  EXPECT_TRUE(has(alert, "Below the target as reported by one sender: Small 0.00% (0 ok, 5 failed)."));
  EXPECT_FALSE(has(alert, "reat"));
}

TEST(Alert, TellsOfFailuresUnderDaneBesideAGoodPolicy) {
  Watched watched = three_days();
  add(watched, {.sessions = {0, 7}, .policy_type = "tlsa", .is_shadowed = true});
  add(watched, {.sessions = {UINT64_MAX, 0}});
  EXPECT_TRUE(has(alert_of(watched).text, "Under DANE the success rate was 0.00% (0 ok, 7 failed)."));
}

TEST(Alert, BoundsWhatASenderClaims) {
  Watched watched = three_days();
  add(watched, {.sessions = {0, 100}});
  add(watched, {.sessions = {std::uint64_t{1} << 62, 0}});
  const std::string alert = alert_of(watched).text;
  EXPECT_TRUE(has(alert, "90.90% (1,000 ok, 100 failed)")) << alert;
  EXPECT_TRUE(has(alert, "Not counted: what Sender claims beyond ten times its usual number"));
}

TEST(Alert, IsNotCalmedByWhatCameAtAnotherTime) {
  for (const int failing : {1, 5, 16}) {
    Watched watched = three_days();
    for (int age = 16; age > 0; --age) {
      add(watched, {.age = age, .sessions = age == failing ? Sessions{0, 30} : Sessions{5000, 0}, .came = 0});
    }
    EXPECT_TRUE(has(alert_of(watched).text, "below the target")) << failing;
  }
}

TEST(Alert, IsNotCalmedByInventedReportsOfManyDays) {
  Watched watched = three_days();
  for (int age = 14; age > 1; --age) {
    add(watched, {.age = age, .sessions = {1000, 0}});
  }
  add(watched, {.sessions = {0, 1000}});
  for (int age = 14; age > 0; --age) {
    add(watched, {.age = age, .sessions = {std::uint64_t{1} << 40, 0}, .came = 0});
  }
  EXPECT_TRUE(has(alert_of(watched).text, "below the target"));
}

TEST(Alert, IsNotBlindedByInventedDomains) {
  for (const int age : {19, 1}) {
    Watched watched = three_days();
    for (std::size_t i = 0; i < Metrics::table_limit + 10; ++i) {
      const std::string domain = std::to_string(i) + ".example";
      add(watched, {.age = age, .sessions = {1, 0}, .sender = "Evil", .domain = domain});
    }
    add(watched, {.sessions = {100'000, 0}, .domain = "great.example"});
    add(watched, {.sessions = {0, 50}, .sender = "Small", .domain = "small.example"});
    EXPECT_TRUE(has(alert_of(watched).text, "Below the target: small.example 0.00% (0 ok, 50 failed)."))
        << age;
  }
}

TEST(Alert, TakesATypeThatNeverHadAFailureForNew) {
  Watched watched = three_days();
  add(watched, {.sessions = {100'000, 3}});
  watched.failure({.day = ago(9), .result_type = "x", .host = "mx", .count = 0, .imported = ago(8)});
  fail(watched, 1, "x", "mx");
  const std::string text = alert_of(watched).text;
  EXPECT_TRUE(has(text, "New failure type: x (1 session") && has(text, "New failing host: mx (1 session"));
}

TEST(Alert, TellsWhereReportsAreExpectedOfADomainThatHasNoneAnyMore) {
  Watched watched = three_days();
  for (int age = 12; age > 0; --age) {
    add(watched, {.age = age, .sessions = {10, 0}, .domain = "goes-on.example"});
    if (age > 4) {
      add(watched, {.age = age, .sessions = {10, 0}, .domain = "stopped.example"});
    }
  }
  EXPECT_EQ(alert_of(watched).text, "");
  const Alert first = alert_of(watched, {.expects_reports = true});
  EXPECT_TRUE(has(first.text, "Reports for stopped.example have stopped (the last one is of 2026-03-25)."));
  const Alert second = alert_of(watched, {.expects_reports = true}, first.told.standing);
  EXPECT_TRUE(has(second.text, "Still: no report for stopped.example since 2026-03-25, told on 2026-03-30."));
  add(watched, {.sessions = {10, 0}, .domain = "stopped.example"});
  EXPECT_TRUE(has(alert_of(watched, {}, first.told.standing).text, "Cleared: no report for stopped.example"));
}

TEST(Alert, TakesAFewFailuresOfManyDaysForNoRate) {
  Watched watched = three_days();
  for (int age = 16; age > 0; --age) {
    add(watched, {.age = age, .sessions = {11, 1}, .came = 0});
  }
  EXPECT_EQ(alert_of(watched).text, "");
}

std::vector<Standing> standing(FindingKind kind, std::string subject, int told = 5, int seen = 1) {
  return {{.kind = kind, .subject = std::move(subject), .told = ago(told), .seen = ago(seen)}};
}

Conflict conflict(std::uint64_t success, std::uint64_t failure) {
  Conflict one;
  one.key.organization = "Sender";
  one.success = success;
  one.failure = failure;
  return one;
}

TEST(Alert, TellsOfReportsThatContradictEachOther) {
  Watched watched = three_days();
  add(watched, {.sessions = {7, 0}});
  const std::vector calm = {conflict(7, 0), conflict(8, 1)};
  const std::string two = alert_of(watched, {.conflicts = calm}).text;
  EXPECT_TRUE(has(two, "2 reports came again with other numbers and were left out (Sender)"));
  EXPECT_FALSE(has(two, "misses"));
  const std::vector failing = {conflict(7, 0), conflict(0, 9)};
  EXPECT_TRUE(has(alert_of(watched, {.conflicts = failing}).text,
                  "A report that was left out misses the target: Sender 0.00% (0 ok, 9 failed)."));
}

TEST(Alert, MissesReportsOnlyWhereTheyAreExpected) {
  EXPECT_TRUE(has(alert_of(three_days(), {.expects_reports = true}).text, "No report came"));
}

TEST(Alert, IsTameWhateverSendersWrite) {
  constexpr std::string_view evil = "\x1b[2J\n\u202Eevil";
  Watched watched = three_days();
  for (const std::string_view other : {evil, std::string_view("other")}) {
    add(watched, {.sessions = {0, 9}, .sender = other, .domain = other});
  }
  fail(watched, 1, evil, evil);
  const Alert first = alert_of(watched);
  const Alert second = alert_of(watched, {}, first.told.standing);
  for (const std::string& text : {first.text, second.text}) {
    EXPECT_TRUE(has(text, "evil"));
    EXPECT_FALSE(has(text, "\x1b") || has(text, "\u202E"));
    EXPECT_FALSE(has(text, "\nevil"));
  }
}

TEST(Alert, FitsIntoTheLinesOfAMail) {
  Watched watched = three_days();
  const std::string name = std::string(26, 'x') + std::string(26, '\x01');
  for (int i = 0; i < 30; ++i) {
    const std::string one = name + std::to_string(i);
    add(watched, {.sessions = {0, 9}, .sender = one, .domain = one});
    fail(watched, 1, one, one);
  }
  const Alert first = alert_of(watched);
  const Alert second = alert_of(watched, {}, first.told.standing);
  const Alert cleared = alert_of(three_days(), {}, standing(FindingKind::silent_sender, name));
  for (const std::string& text : {first.text, second.text, cleared.text}) {
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      EXPECT_LE(end - begin, 998U);
    }
    EXPECT_EQ(begin, text.size());
    EXPECT_TRUE(has(text, "TLS reports for a.example"));
  }
  EXPECT_TRUE(has(first.text, " more."));
  for (const std::string_view part :
       {"Still: the success rate", "Still: sessions reported by xxx", "Still: xxx"}) {
    EXPECT_TRUE(has(second.text, part)) << part;  // of each kind some
  }
}

TEST(Alert, NamesTheDaysOfARateThatCameLate) {
  Watched watched = three_days();
  add(watched, {.sessions = {1000, 0}});
  add(watched, {.age = 4, .sessions = {70, 30}, .came = 0});
  EXPECT_TRUE(
      has(alert_of(watched).text,
          "TLS reports for a.example, 2026-03-29: The success rate was 70.00% (70 ok, 30 failed in late "
          "reports for 2026-03-25 to 2026-03-27), below the target of 99.9%."));
}

TEST(Alert, TakesAFailureThatTheAlertBeforeJudgedForNoNews) {
  const auto alert = [](std::chrono::sys_seconds known_until) {
    Watched watched({.since = ago(2), .imported_since = ago(2), .known_until = known_until}, today);
    add(watched, {.sessions = {10'000, 0}});
    watched.failure({.day = ago(9), .result_type = "x", .host = "mx", .count = 1, .imported = ago(1)});
    return alert_of(watched).text;
  };
  EXPECT_TRUE(has(alert(ago(2)), "New failure type: x"));
  EXPECT_EQ(alert(ago(1)), "");
}

TEST(Findings, AreToldOnceAndThenAsStill) {
  Watched watched = three_days();
  add(watched, {.sessions = {0, 9}});
  const Alert first = alert_of(watched);
  EXPECT_EQ(first.told.standing, standing(FindingKind::rate, "", 0, 0));
  const Alert second = alert_of(watched, {}, standing(FindingKind::rate, ""));
  EXPECT_EQ(second.text,
            "TLS reports for a.example, 2026-03-29: Still: the success rate 0.00% (0 ok, 9 failed), told on "
            "2026-03-25.\n");
  EXPECT_EQ(second.told.standing, standing(FindingKind::rate, "", 5, 0));
  EXPECT_TRUE(second.told.is_alert());
}

TEST(Findings, AreClearedByReportsThatShowIt) {
  Watched watched = three_days();
  add(watched, {.sessions = {1000, 0}});
  for (const auto& [kind, subject] :
       {std::pair(FindingKind::rate, ""), std::pair(FindingKind::domain, "a.example"),
        std::pair(FindingKind::sender, "Sender"), std::pair(FindingKind::failure_type, "x"),
        std::pair(FindingKind::host, "mx"), std::pair(FindingKind::no_reports, ""),
        std::pair(FindingKind::silent_sender, "Sender"),
        std::pair(FindingKind::silent_domain, "a.example")}) {
    const Alert alert = alert_of(watched, {}, standing(kind, subject));
    EXPECT_TRUE(has(alert.text, ": Cleared: ")) << to_string(kind);
    EXPECT_TRUE(alert.told.standing.empty()) << to_string(kind);
    EXPECT_FALSE(alert.told.is_alert());
  }
}

TEST(Findings, AreNotClearedByTheAbsenceOfReports) {
  for (const FindingKind kind : {FindingKind::rate, FindingKind::domain, FindingKind::sender,
                                 FindingKind::dane, FindingKind::failure_type, FindingKind::host,
                                 FindingKind::silent_sender, FindingKind::silent_domain}) {
    const Alert alert = alert_of(three_days(), {}, standing(kind, "x"));
    EXPECT_FALSE(has(alert.text, "Cleared")) << to_string(kind);
    EXPECT_EQ(alert.told.standing, standing(kind, "x")) << to_string(kind);
    const Alert old = alert_of(three_days(), {}, standing(kind, "x", 30, 15));
    EXPECT_TRUE(has(old.text, "No longer watched")) << to_string(kind);
    EXPECT_TRUE(old.told.standing.empty() && !old.told.is_alert()) << to_string(kind);
  }
}

TEST(Findings, OfASenderThatIsSilentAreRepeatedWhereAllAre) {
  const Alert alert = alert_of(three_days(), {}, standing(FindingKind::silent_sender, "Sender"));
  EXPECT_TRUE(has(alert.text, "Still: no report of Sender (last judged on 2026-03-29), told on 2026-03-25."));
  EXPECT_TRUE(alert.told.is_alert());
}

TEST(Findings, StandWhileTheRateIsBelowTheTargetByAFewFailures) {
  Watched watched = three_days();
  add(watched, {.sessions = {33, 3}});
  const Alert alert = alert_of(watched, {}, standing(FindingKind::rate, ""));
  EXPECT_TRUE(has(alert.text, "Still: the success rate 91.66% (33 ok, 3 failed)"));
}

TEST(Findings, OfATypeAreRepeatedWhileItIsNew) {
  Watched watched = three_days();
  add(watched, {.sessions = {100'000, 1}});
  fail(watched, 1, "certificate-expired", "mx1");
  const auto stood = standing(FindingKind::failure_type, "certificate-expired");
  EXPECT_TRUE(has(alert_of(watched, {}, stood).text, "Still: certificate-expired (1)"));
  fail(watched, 4, "certificate-expired", "mx1");
  const Alert later = alert_of(watched, {}, stood);
  EXPECT_EQ(later.text, "");
  EXPECT_EQ(later.told.standing, standing(FindingKind::failure_type, "certificate-expired", 5, 0));
}

TEST(Findings, OfConflictsAreOverByThemselves) {
  Watched watched = three_days();
  add(watched, {.sessions = {7, 0}});
  const Alert alert = alert_of(watched, {}, standing(FindingKind::conflict, "Sender"));
  EXPECT_TRUE(alert.text.empty() && alert.told.standing.empty());
}

TEST(Findings, HaveAWordEach) {
  for (std::size_t i = 0; i < finding_kind_count; ++i) {
    const auto kind = static_cast<FindingKind>(i);
    EXPECT_EQ(parse_finding_kind(to_string(kind)), kind);
  }
  EXPECT_EQ(to_string(static_cast<FindingKind>(finding_kind_count)), "");
  EXPECT_FALSE(parse_finding_kind("other"));
}

TEST(Findings, AreAThousandOfAKindAtMost) {
  Watched watched = three_days();
  for (int i = 0; i < 1500; ++i) {
    fail(watched, 1, "x", "mx" + std::to_string(i));
  }
  const auto findings = judge(watched, {}).findings;
  EXPECT_EQ(std::ranges::count(findings, FindingKind::host, &Finding::kind), 1000);
}

}  // namespace
}  // namespace mta_sts::tlsrpt
