// Mail hosts that mean harm, over real sockets: each exchange ends in time, and the fact says what happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/smtp_probe.hpp"
#include "unit/probe/hostile_peer.hpp"

namespace mta_sts::probe {
namespace {

using check::Reach;
using check::SmtpFact;
using testing::HasSubstr;
using testing::Not;

class SmtpProbe : public ProbeTest {
 protected:
  SmtpFact probe(const HostileServer& server, std::chrono::milliseconds wait = short_wait) {
    longest = wait;
    return probe_mail_host(target(server), tls, {.exchange = wait, .total = Deadline::in(wait)});
  }

  // Serves a session with STARTTLS, and hears what comes first inside.
  void shake_hands(Peer& peer, X509* chain) {
    peer.greet();
    peer.hear();
    peer.say("220 go\r\n");
    PeerTls session(chain, key.get(), peer.socket());
    (void)session.hear();
  }

  [[nodiscard]] TimeLimit limit() const { return {.exchange = short_wait, .total = deadline}; }

  static SmtpTarget target(const HostileServer& server) {
    return {
        .mx = "mx.example.com", .preference = 10, .endpoint = server.endpoint(), .helo_name = "me.example"};
  }
};

TEST_F(SmtpProbe, GoesAsFarAsTlsAndTakesLeave) {
  const auto chain = certificate("DNS:mx.example.com");
  HostileServer server([&](Peer& peer) { shake_hands(peer, chain.get()); });
  const SmtpFact fact = probe(server, std::chrono::seconds(5));
  EXPECT_EQ(fact.reach, Reach::connected);
  EXPECT_TRUE(fact.with_sni.established) << fact.with_sni.error;
  ASSERT_TRUE(fact.with_sni.certificate);
  EXPECT_TRUE(fact.with_sni.certificate->trusted) << fact.with_sni.certificate->trust_error;
  EXPECT_EQ(fact.injected_bytes, 0U);
}

TEST_F(SmtpProbe, LearnsAllOverThreeSessions) {
  const auto chain = certificate("DNS:mx.example.com");
  std::atomic<int> sessions{0};
  HostileServer server([&](Peer& peer) {
    ++sessions;
    shake_hands(peer, chain.get());
  });
  const SmtpFact fact = probe(server, std::chrono::seconds(5));
  EXPECT_EQ(sessions, 3);
  ASSERT_TRUE(fact.without_sni);
  EXPECT_TRUE(fact.without_sni->established) << fact.without_sni->error;
  ASSERT_TRUE(fact.large_hello);
  EXPECT_TRUE(fact.large_hello->established) << fact.large_hello->error;
  // A name's certificate, and room for a large hello, may hang on the version: the newest is asked.
  EXPECT_EQ(fact.large_hello->version, "TLSv1.3");
  EXPECT_TRUE(fact.tls_versions.at("TLSv1.3"));
}

TEST_F(SmtpProbe, SendsNoMailCommandAndQuitsInside) {
  const auto chain = certificate("DNS:mx.example.com");
  std::mutex mutex;
  std::string in_tls;
  {
    HostileServer server([&](Peer& peer) {
      peer.greet();
      peer.hear();
      peer.say("220 go\r\n");
      PeerTls session(chain.get(), key.get(), peer.socket());
      const std::lock_guard lock(mutex);
      in_tls = session.hear();
      in_tls += "|" + session.hear();
    });
    (void)probe(server, std::chrono::seconds(5));
  }  // its thread has ended
  EXPECT_EQ(in_tls, "QUIT\r|");
}

TEST_F(SmtpProbe, QuitsInClearWhereTlsIsNotOffered) {
  std::string heard;
  {
    HostileServer server([&](Peer& peer) {
      peer.say("220 mx\r\n");
      peer.hear();
      peer.say("250 mx\r\n");
      peer.hear_to_the_end();
      heard = peer.heard();
    });
    EXPECT_FALSE(probe(server).starttls_offered);
  }
  EXPECT_EQ(heard, "EHLO me.example\r\nQUIT\r\n");
}

TEST_F(SmtpProbe, CountsAndThrowsAwayWhatIsInjectedBehindThe220) {
  const auto chain = certificate("DNS:mx.example.com");
  HostileServer server([&](Peer& peer) {
    peer.greet();
    peer.hear();
    peer.say("220 go\r\n250 injected\r\n");
    const PeerTls session(chain.get(), key.get(), peer.socket());
  });
  const SmtpFact fact = probe(server, std::chrono::seconds(5));
  EXPECT_EQ(fact.injected_bytes, std::string_view("250 injected\r\n").size());
  EXPECT_TRUE(fact.with_sni.established) << fact.with_sni.error;  // the bytes did not reach TLS
}

TEST_F(SmtpProbe, ThrowsAwayMoreThanOneReadHolds) {
  const auto chain = certificate("DNS:mx.example.com");
  HostileServer server([&](Peer& peer) {
    peer.greet();
    peer.hear();
    peer.say("220 go\r\n" + std::string(20000, 'x'));
    const PeerTls session(chain.get(), key.get(), peer.socket());
  });
  EXPECT_GE(probe(server, std::chrono::seconds(2)).injected_bytes, 2000U);
}

TEST_F(SmtpProbe, NamesPlainTextInPlaceOfTls) {
  HostileServer server([](Peer& peer) {
    peer.greet();
    peer.hear();
    peer.say("220 go\r\n");
    peer.hear();
    peer.say("500 what is this\r\n");
  });
  const SmtpFact fact = probe(server, std::chrono::seconds(2));
  EXPECT_FALSE(fact.with_sni.established);
  EXPECT_THAT(fact.with_sni.error, Not(HasSubstr("in time")));
}

struct Script {
  const char* name;
  std::function<void(Peer&)> play;
  const char* error;
};

class SmtpScripts : public SmtpProbe, public testing::WithParamInterface<Script> {};

TEST_P(SmtpScripts, EndsInTimeAndSaysWhy) {
  HostileServer server(GetParam().play);
  const SmtpFact fact = probe(server);
  EXPECT_EQ(fact.reach, Reach::connected);
  EXPECT_THAT(fact.error, HasSubstr(GetParam().error));
  EXPECT_FALSE(fact.with_sni.established);
  std::size_t kept = fact.banner.size();
  for (const std::string& line : fact.ehlo) {
    kept += line.size();
  }
  EXPECT_LE(kept, 40000U);
}

void flood(Peer& peer, const std::string& bytes) {
  while (peer.say(bytes)) {
  }
}

const Script scripts[] = {
    {"EndlessGreeting", [](Peer& peer) { flood(peer, "220-more\r\n"); }, "too long"},
    {"EndlessLine", [](Peer& peer) { flood(peer, "220 " + std::string(1000, 'x')); }, "line is too long"},
    {"NoLineEnd",
     [](Peer& peer) {
       peer.say("220 mx");
       peer.hear_to_the_end();
     },
     "no answer in time"},
    {"Garbage",
     [](Peer& peer) {
       peer.say(std::string("\x16\x03\x01\x00\xff\n\0\0", 8));
       peer.hear();
     },
     "not SMTP"},
    {"Silence", [](Peer& peer) { peer.hear(); }, "no answer in time"},
    {"ImmediateClose", [](Peer&) {}, "closed"},
    {"Refusal",
     [](Peer& peer) {
       peer.say("554 no\r\n");
       peer.hear();
     },
     "greeting: 554 no"},
    {"EhloRefused",
     [](Peer& peer) {
       peer.say("220 mx\r\n");
       peer.hear();
       peer.say("502 no\r\n");
       peer.hear();
     },
     "EHLO: 502 no"},
    {"StarttlsRefused",
     [](Peer& peer) {
       peer.greet();
       peer.hear();
       peer.say("454 later\r\n");
       peer.hear();
     },
     "STARTTLS: 454 later"},
    {"ThousandLines",
     [](Peer& peer) {
       peer.say("220 mx\r\n");
       peer.hear();
       for (int i = 0; i < 1000; ++i) {
         peer.say("250-EXTENSION\r\n");
       }
       peer.say("250 STARTTLS\r\n");
       peer.hear();
     },
     "EHLO: the answer is too long"},
    {"Drip",
     [](Peer& peer) {
       const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
       pollfd leaves{.fd = peer.socket(), .events = POLLRDHUP, .revents = 0};
       while (std::chrono::steady_clock::now() < end && poll(&leaves, 1, 50) == 0 && peer.say("2")) {
       }
     },
     "no answer in time"},
};

INSTANTIATE_TEST_SUITE_P(Hostile, SmtpScripts, testing::ValuesIn(scripts),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(SmtpProbe, AsksForNoMailboxWithBytesOfCommands) {
  HostileServer server([](Peer& peer) { peer.hear(); });
  for (const std::string address : {"a@b\r\nDATA", "a@b>\nx", "a b@c", "", "a@b\x7f"}) {
    EXPECT_EQ(probe_recipient(target(server), address, tls, limit()), "not a mailbox that can be asked for");
  }
  EXPECT_EQ(server.heard(), "");
}

TEST_F(SmtpProbe, SaysThatATimeOverBeforeItBeganWasNoTry) {
  HostileServer server([](Peer& peer) { peer.hear(); });
  EXPECT_EQ(probe(server, std::chrono::milliseconds(0)).reach, Reach::not_tried);
}

TEST_F(SmtpProbe, NamesARefusedConnection) {
  SmtpTarget nobody{.mx = "mx.example.com", .preference = 10, .endpoint = {}, .helo_name = "me.example"};
  {
    const HostileServer server([](Peer&) {});
    nobody.endpoint = server.endpoint();
  }
  EXPECT_EQ(probe_mail_host(nobody, tls, limit()).reach, Reach::refused);
}

}  // namespace
}  // namespace mta_sts::probe
