// This host's trouble is no domain's failure: the decision.
#include "sender/decide/host_health.hpp"

#include <gtest/gtest.h>

#include "unit/sender/failed_fetches.hpp"

namespace mta_sts::sender::service {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds start_time{std::chrono::seconds(1'000'000'000)};

/// Whether the last failure of a domain counts as this host's.
bool is_ours(const HostHealth& health, const std::string& domain) {
  return health.is_pausing(domain, start_time);
}

bool note(HostHealth& health, int number, HostPart part, std::chrono::sys_seconds now = start_time) {
  return health.note_failure(name(number), part, failure_in(number), now);
}

TEST(HostHealth, SeveralDomainsThatFailAlikeAreThisHosts) {
  HostHealth health;
  for (int i = 0; i < 20; ++i) {  // one domain, however often
    EXPECT_FALSE(note(health, 0, HostPart::roots));
  }
  EXPECT_FALSE(note(health, 1, HostPart::roots));
  EXPECT_FALSE(note(health, 2, HostPart::roots));
  EXPECT_FALSE(is_ours(health, name(0)));
  EXPECT_FALSE(health.is_in_trouble());
  EXPECT_TRUE(note(health, 3, HostPart::roots));
  EXPECT_FALSE(note(health, 4, HostPart::roots));  // once
  EXPECT_TRUE(is_ours(health, name(0)));
  EXPECT_TRUE(health.is_in_trouble());
  EXPECT_TRUE(health.is_in_trouble(HostPart::roots));
  EXPECT_FALSE(health.is_in_trouble(HostPart::route));
  EXPECT_EQ(health.domains(HostPart::roots).size(), 5U);
  health.note_connection(start_time);  // says nothing of certificates
  EXPECT_TRUE(is_ours(health, name(0)));
  health.note_success(start_time);
  EXPECT_FALSE(is_ours(health, name(0)));
  EXPECT_FALSE(health.is_in_trouble());
  EXPECT_TRUE(health.is_clear(HostPart::roots));
}

TEST(HostHealth, WhatWorkedBeforeTheFirstOfThemSaysNothing) {
  HostHealth health;
  for (int i = 0; i < 100; ++i) {
    health.note_success(start_time);
  }
  for (const HostPart part :
       {HostPart::route, HostPart::roots, HostPart::clock_ahead, HostPart::clock_behind}) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE(note(health, i, part));
    }
    EXPECT_TRUE(note(health, 3, part));
  }
}

TEST(HostHealth, DomainsOfOneNetworkAreOnePeers) {
  HostHealth health;
  for (int i = 0; i < 250; ++i) {
    const FetchError v4 = failure_at({"11.1." + std::to_string(i) + ".1"});
    EXPECT_FALSE(health.note_failure(name(i), HostPart::roots, v4, start_time));
    const FetchError v6 = failure_at({"2a00:1:2:" + std::to_string(i) + "::1"});
    EXPECT_FALSE(health.note_failure(name(1000 + i), HostPart::roots, v6, start_time));
    const FetchError many = failure_at({"11.1.0.1", "12.1.0.1", "13.1.0.1", "14.1.0.1"});
    EXPECT_FALSE(health.note_failure(name(2000 + i), HostPart::roots, many, start_time));
    EXPECT_FALSE(health.note_failure(name(3000 + i), HostPart::roots, FetchError{}, start_time));
  }
  EXPECT_TRUE(note(health, 2, HostPart::roots));
}

TEST(HostHealth, SuccessesBetweenThemMakeThemTheirOwnTrouble) {
  HostHealth health;
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(note(health, i, HostPart::clock_ahead));
    EXPECT_FALSE(note(health, i, HostPart::silence));
    if (i % 3 == 2) {
      health.note_success(start_time);
    }
  }
}

TEST(HostHealth, SilenceNeedsMoreNetworksAndEndsWithAConnection) {
  HostHealth health;
  for (int i = 0; i < 7; ++i) {
    EXPECT_FALSE(note(health, i, HostPart::silence));
  }
  EXPECT_FALSE(health.is_cut_off());
  EXPECT_TRUE(note(health, 7, HostPart::silence));
  EXPECT_TRUE(health.is_cut_off());
  health.note_connection(start_time);
  EXPECT_FALSE(health.is_cut_off());
  for (int i = 0; i < 7; ++i) {
    EXPECT_FALSE(note(health, i, HostPart::silence));
  }
}

TEST(HostHealth, DifferentFailuresAreTheDomains) {
  HostHealth health;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(note(health, i, HostPart::roots));
    EXPECT_FALSE(note(health, 10 + i, HostPart::clock_ahead));
    EXPECT_FALSE(note(health, 20 + i, HostPart::clock_behind));
  }
}

TEST(HostHealth, ForgetsWhatIsOld) {
  HostHealth health;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(note(health, i, HostPart::route));
  }
  for (int i = 3; i < 6; ++i) {
    EXPECT_FALSE(note(health, i, HostPart::route, start_time + 25h));
  }
  EXPECT_TRUE(note(health, 6, HostPart::route, start_time + 25h));
}

TEST(HostHealth, ARefusalWithoutARecentConnectionIsHeldForAnHour) {
  HostHealth health;
  const auto refuse = [&](std::chrono::sys_seconds now, const FetchError& error) {
    static_cast<void>(health.note_failure("a.example", HostPart::route, error, now));
    return health.is_held("a.example", now);
  };
  EXPECT_FALSE(health.is_held("a.example", start_time));
  EXPECT_TRUE(refuse(start_time, refusal_in(1)));
  EXPECT_TRUE(refuse(start_time + 59min, refusal_in(1)));
  EXPECT_FALSE(refuse(start_time + 60min, refusal_in(1)));  // no mail is held for ever
  EXPECT_FALSE(refuse(start_time + 61min, refusal_in(1)));
  health.note_connection(start_time + 2h);
  EXPECT_FALSE(refuse(start_time + 2h, refusal_in(1)));
  EXPECT_FALSE(refuse(start_time + 2h + 9min, refusal_in(1)));
  EXPECT_TRUE(refuse(start_time + 2h + 10min, refusal_in(1)));
  EXPECT_FALSE(refuse(start_time + 2h + 11min, refusal_at({"10.0.0.1"})));
}

TEST(HostHealth, AFetchThatWorkedShowsTheClockForAWeek) {
  HostHealth health;
  EXPECT_FALSE(health.is_clock_shown(start_time));
  health.note_connection(start_time);
  EXPECT_FALSE(health.is_clock_shown(start_time));
  health.note_success(start_time);
  EXPECT_TRUE(health.is_clock_shown(start_time));
  EXPECT_TRUE(health.is_clock_shown(start_time + 7 * 24h - 1s));
  EXPECT_FALSE(health.is_clock_shown(start_time + 7 * 24h));
  EXPECT_FALSE(health.is_clock_shown(start_time - 1s));
}

TEST(HostHealth, PausesForAWhile) {
  HostHealth health;
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(note(health, i, HostPart::roots));
  }
  EXPECT_TRUE(health.is_pausing(name(1), start_time + 29s));
  EXPECT_FALSE(health.is_pausing(name(1), start_time + 30s));
  EXPECT_FALSE(health.is_pausing(name(1), start_time - 1s));
  EXPECT_FALSE(health.is_pausing("other.example", start_time));
  health.end_pauses();
  EXPECT_FALSE(health.is_pausing(name(1), start_time));
  EXPECT_TRUE(health.is_in_trouble(HostPart::roots));
}

TEST(PartOf, IsNothingThatAPeerAloneDecides) {
  EXPECT_EQ(part_of(failure_in(1)), HostPart::silence);
  EXPECT_EQ(part_of(refusal_in(1)), HostPart::route);
  EXPECT_EQ(part_of(refusal_at({"2a00:1:2::1", "11.1.0.1"})), HostPart::route);
  EXPECT_EQ(part_of(refusal_at({"2a00:1:2::1"})), std::nullopt);  // many hosts have no IPv6
  for (const FetchErrorKind kind : {FetchErrorKind::timeout, FetchErrorKind::tls_handshake,
                                    FetchErrorKind::cert_host_mismatch, FetchErrorKind::http_status}) {
    EXPECT_EQ(part_of({.kind = kind, .detail = {}, .refused_here = true}), std::nullopt);
  }
}

TEST(NetworkOf, IsThatOfTheAddressSpokenToOrTried) {
  const auto text = [](const FetchError& error) { return network_of(error).to_text(); };
  EXPECT_EQ(text(failure_at({"11.2.3.4"})), "11.2.0.0");
  EXPECT_EQ(text(failure_at({"2a00:1:2:3::4"})), "2a00:1:2::");
  EXPECT_EQ(text(failure_at({"2a00:1:2:3::4", "11.2.3.4"})), "11.2.0.0");
  EXPECT_EQ(text(failure_at({"64:ff9b::b02:304"})), "11.2.0.0");
  FetchError spoken = failure_at({"2a00:1:2:3::4", "11.2.3.4"}, FetchErrorKind::cert_expired);
  spoken.connected = true;
  spoken.peer = "2a00:1:2:3::4";
  EXPECT_EQ(text(spoken), "2a00:1:2::");
}

}  // namespace
}  // namespace mta_sts::sender::service
