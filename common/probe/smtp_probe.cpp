#include "probe/smtp_probe.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "probe/offered_versions.hpp"
#include "probe/smtp_dialogue.hpp"

namespace mta_sts::probe {
namespace {

using check::Reach;
using check::SmtpFact;
using check::TlsFact;

constexpr std::size_t mailbox_limit_bytes = 320;
constexpr std::chrono::milliseconds quit_time{1000};
constexpr std::chrono::milliseconds pause_before_retry{1500};

bool offers_starttls(const std::vector<std::string>& lines) {
  return std::ranges::any_of(lines, [](const std::string& line) {
    return ascii::equals_ignoring_case(ascii::trim_blanks(line), "STARTTLS");
  });
}

// A name that says nothing makes hosts refuse: without one of its own this host is known by its address.
std::string helo_of(const SmtpTarget& target, const ProbeConnection& connection) {
  return target.helo_name.empty() ? connection.own_address_literal() : target.helo_name;
}

// How far the clear-text part came.
enum class Stage : std::uint8_t { ready_for_tls, may_quit, broken };

// Leads the session to the point where the handshake begins.
Stage reach_starttls(SmtpDialogue& dialogue, const std::string& helo, SmtpFact& fact) {
  const auto banner = dialogue.read_reply();
  if (!banner) {
    fact.error = "greeting: " + dialogue.error();
    return Stage::broken;
  }
  fact.banner = banner->text();
  if (banner->code != 220) {
    fact.error = "greeting: " + fact.banner;
    return Stage::may_quit;
  }
  const auto ehlo = dialogue.ask("EHLO " + helo);
  if (!ehlo || ehlo->code != 250) {
    fact.error = "EHLO: " + (ehlo ? ehlo->text() : dialogue.error());
    return ehlo ? Stage::may_quit : Stage::broken;
  }
  fact.ehlo = ehlo->lines;
  fact.starttls_offered = offers_starttls(ehlo->lines);
  if (!fact.starttls_offered) {
    return Stage::may_quit;
  }
  const auto go = dialogue.ask("STARTTLS");
  if (!go) {
    fact.error = "STARTTLS: " + dialogue.error();
    return Stage::broken;
  }
  fact.starttls_reply = go->text();
  if (go->code != 220) {
    fact.error = "STARTTLS: " + fact.starttls_reply;
    return Stage::may_quit;
  }
  fact.injected_bytes = dialogue.discard_rest();
  return Stage::ready_for_tls;
}

TlsFact shake_hands(const ProbeConnection& connection, const TlsWish& wish, const TlsClient& tls,
                    Deadline deadline) {
  auto result = tls.handshake(connection, wish, deadline);
  if (result.session) {
    std::string error;
    (void)result.session->write_all("QUIT\r\n", deadline.earlier(Deadline::in(quit_time)), error);
  }
  return std::move(result.fact);
}

bool is_turned_away_for_now(const SmtpFact& fact) {
  return fact.error.starts_with("greeting: 4") || fact.error.starts_with("EHLO: 4");
}

// One session with the handshake that is wished for.
SmtpFact run_once(const SmtpTarget& target, const TlsWish& wish, const TlsClient& tls, TimeLimit limit) {
  SmtpFact fact;
  fact.mx = target.mx;
  fact.preference = target.preference;
  fact.address = target.endpoint.address.to_text();
  const auto connection = ProbeConnection::open(target.endpoint, limit.begin());
  if (!connection) {
    fact.reach = connection.error();
    return fact;
  }
  fact.reach = Reach::connected;
  SmtpDialogue dialogue(*connection, limit.total);
  const Stage stage = reach_starttls(dialogue, helo_of(target, *connection), fact);
  if (stage == Stage::ready_for_tls) {
    fact.with_sni = shake_hands(*connection, wish, tls, limit.begin());
    return fact;
  }
  fact.with_sni.error = fact.error;
  if (stage == Stage::may_quit) {
    dialogue.quit();
  }
  return fact;
}

SmtpFact run(const SmtpTarget& target, const TlsWish& wish, const TlsClient& tls, TimeLimit limit) {
  SmtpFact fact = run_once(target, wish, tls, limit);
  if (is_turned_away_for_now(fact) && limit.total.left() > 2 * pause_before_retry) {
    pause(pause_before_retry);
    fact = run_once(target, wish, tls, limit);
  }
  return fact;
}

// One more handshake with a host that did STARTTLS; nothing where this session did not come as far, which
// says nothing about TLS.
std::optional<TlsFact> try_handshake(const SmtpTarget& target, const TlsWish& wish, const TlsClient& tls,
                                     TimeLimit limit) {
  SmtpFact fact = run(target, wish, tls, limit);
  const bool came_as_far = fact.starttls_reply.starts_with("220");
  return came_as_far ? std::optional(std::move(fact.with_sni)) : std::nullopt;
}

}  // namespace

SmtpFact probe_mail_host(const SmtpTarget& target, const TlsClient& tls, TimeLimit limit) {
  SmtpFact fact = run(target, {.server_name = target.mx}, tls, limit);
  if (!fact.starttls_reply.starts_with("220")) {
    return fact;
  }
  note_newest(fact.tls_versions, fact.with_sni);
  if (fact.with_sni.established) {
    // One session answers both questions where its handshake succeeds, which it does nearly everywhere.
    fact.large_hello = try_handshake(target, {.large_hello = true}, tls, limit);
    fact.without_sni = fact.large_hello;
    if (!fact.large_hello || !fact.large_hello->established) {
      fact.without_sni = try_handshake(target, {}, tls, limit);
      fact.large_hello = try_handshake(target, {.server_name = target.mx, .large_hello = true}, tls, limit);
    }
  } else if (const auto only = try_handshake(
                 target, {.server_name = target.mx, .versions = TlsVersions::only_1_2}, tls, limit)) {
    fact.tls_versions["TLSv1.2"] = only->established;
  }
  if (const auto old = try_handshake(target, {.server_name = target.mx, .versions = TlsVersions::before_1_2},
                                     tls, limit)) {
    note_old(fact.tls_versions, old->established ? old->version : "");
  }
  return fact;
}

std::string probe_recipient(const SmtpTarget& target, const std::string& address, const TlsClient& tls,
                            TimeLimit limit) {
  // A record's bytes must not become commands of their own.
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F && c != '<' && c != '>'; };
  if (address.empty() || address.size() > mailbox_limit_bytes || !std::ranges::all_of(address, is_plain)) {
    return "not a mailbox that can be asked for";
  }
  const auto connection = ProbeConnection::open(target.endpoint, limit.begin());
  if (!connection) {
    return "the mail host cannot be reached";
  }
  SmtpDialogue dialogue(*connection, limit.total);
  const std::string helo = helo_of(target, *connection);
  SmtpFact fact;
  TlsClient::Result secured;
  switch (reach_starttls(dialogue, helo, fact)) {
    case Stage::ready_for_tls:
      secured = tls.handshake(*connection, {.server_name = target.mx}, limit.begin());
      if (!secured.session) {
        return "STARTTLS: " + secured.fact.error;
      }
      dialogue.go_on_in(*secured.session);
      if (!dialogue.ask("EHLO " + helo)) {
        return dialogue.error();
      }
      break;
    case Stage::may_quit:
      if (!fact.error.empty()) {
        return fact.error;
      }
      break;  // without STARTTLS
    case Stage::broken:
      return fact.error;
  }
  for (const std::string& command : {std::string("MAIL FROM:<>"), "RCPT TO:<" + address + ">"}) {
    const auto reply = dialogue.ask(command);
    if (!reply) {
      return dialogue.error();
    }
    if (reply->code / 100 != 2 || command.starts_with("RCPT")) {
      (void)dialogue.ask("RSET");
      dialogue.quit();
      return command.starts_with("MAIL") ? "MAIL FROM: " + reply->text() : reply->text();
    }
  }
  return {};
}

}  // namespace mta_sts::probe
