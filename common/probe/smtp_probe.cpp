#include "probe/smtp_probe.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/ascii.hpp"

namespace mta_sts::probe {
namespace {

using check::Reach;
using check::SmtpFact;
using check::TlsFact;

constexpr std::size_t line_limit_bytes = 2048;
constexpr std::size_t lines_limit = 200;
constexpr std::size_t mailbox_limit_bytes = 320;
constexpr std::size_t reply_limit_bytes = 16384;
constexpr std::size_t injected_limit_bytes = 65536;
constexpr std::chrono::milliseconds farewell{1000};

struct Reply {
  int code = 0;
  std::vector<std::string> lines;  ///< code and separator cut off
};

// The clear-text part of a session.
class Dialogue {
 public:
  Dialogue(const ProbeConnection& connection, Deadline deadline)
      : connection_(connection), deadline_(deadline) {}

  // Reads one reply of one or more lines; nothing where the peer's bytes are none. RFC 5321 section 4.2.
  std::optional<Reply> read_reply() {
    Reply reply;
    std::size_t size = 0;
    while (reply.lines.size() < lines_limit && size < reply_limit_bytes) {
      const auto line = read_line();
      if (!line) {
        return std::nullopt;
      }
      size += line->size();
      const bool has_code = line->size() >= 3 && std::ranges::all_of(line->substr(0, 3), ascii::is_digit);
      if (!has_code) {
        error_ = "the answer is not SMTP";
        return std::nullopt;
      }
      reply.code = (line->at(0) - '0') * 100 + (line->at(1) - '0') * 10 + (line->at(2) - '0');
      reply.lines.push_back(line->size() > 4 ? line->substr(4) : "");
      if (line->size() == 3 || line->at(3) != '-') {
        return reply;
      }
    }
    error_ = "the answer is too long";
    return std::nullopt;
  }

  std::optional<Reply> ask(const std::string& command) {
    if (!connection_.write_all(command + "\r\n", deadline_, error_)) {
      return std::nullopt;
    }
    return read_reply();
  }

  // What came behind the last reply, in clear, and what the network still holds of it: thrown away, and
  // counted. In TLS the client speaks first, so whatever is there was injected.
  std::size_t discard_rest() {
    const Deadline now = Deadline::in(std::chrono::milliseconds(0));
    std::string error;
    while (buffer_.size() < injected_limit_bytes && connection_.wait_readable(now) &&
           connection_.read_some(buffer_, injected_limit_bytes, now, error)) {
    }
    return std::exchange(buffer_, {}).size();
  }

  // Sends QUIT; whether the peer answers does not matter.
  void quit() {
    deadline_ = deadline_.earlier(Deadline::in(farewell));
    (void)ask("QUIT");
  }

  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  std::optional<std::string> read_line() {
    for (;;) {
      if (const auto end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        if (line.ends_with('\r')) {
          line.pop_back();
        }
        return line;
      }
      if (buffer_.size() > line_limit_bytes) {
        error_ = "the answer's line is too long";
        return std::nullopt;
      }
      if (!connection_.read_some(buffer_, line_limit_bytes, deadline_, error_)) {
        return std::nullopt;
      }
    }
  }

  const ProbeConnection& connection_;
  Deadline deadline_;
  std::string buffer_;
  std::string error_;
};

bool offers_starttls(const std::vector<std::string>& lines) {
  return std::ranges::any_of(lines, [](const std::string& line) {
    return ascii::equals_ignoring_case(ascii::trim_blanks(line), "STARTTLS");
  });
}

// How far the clear-text part came.
enum class Stage : std::uint8_t { ready_for_tls, may_quit, broken };

// Leads the session to the point where the handshake begins.
Stage reach_starttls(Dialogue& dialogue, const SmtpTarget& target, SmtpFact& fact) {
  const auto banner = dialogue.read_reply();
  if (!banner || banner->lines.empty()) {
    fact.error = "greeting: " + dialogue.error();
    return Stage::broken;
  }
  fact.banner = std::to_string(banner->code) + " " + banner->lines.front();
  if (banner->code != 220) {
    fact.error = "greeting: " + fact.banner;
    return Stage::may_quit;
  }
  const auto ehlo = dialogue.ask("EHLO " + target.helo_name);
  if (!ehlo || ehlo->code != 250) {
    fact.error = ehlo ? "EHLO: " + std::to_string(ehlo->code) + " " + ehlo->lines.front()
                      : "EHLO: " + dialogue.error();
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
  fact.starttls_reply = std::to_string(go->code) + " " + go->lines.front();
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
    result.session->write("QUIT\r\n", deadline.earlier(Deadline::in(farewell)));
  }
  return std::move(result.fact);
}

SmtpFact run(const SmtpTarget& target, const TlsWish& wish, const TlsClient& tls, Deadline deadline) {
  SmtpFact fact;
  fact.mx = target.mx;
  fact.preference = target.preference;
  fact.address = target.endpoint.address.to_text();
  const auto connection = ProbeConnection::open(target.endpoint, deadline);
  if (!connection) {
    fact.reach = connection.error();
    return fact;
  }
  fact.reach = Reach::connected;
  Dialogue dialogue(*connection, deadline);
  const Stage stage = reach_starttls(dialogue, target, fact);
  if (stage == Stage::ready_for_tls) {
    fact.with_sni = shake_hands(*connection, wish, tls, deadline);
    return fact;
  }
  fact.with_sni.error = fact.error;
  if (stage == Stage::may_quit) {
    dialogue.quit();
  }
  return fact;
}

}  // namespace

SmtpFact probe_smtp(const SmtpTarget& target, const TlsClient& tls, Deadline deadline) {
  return run(target, {.server_name = target.mx, .only_version = {}, .large_hello = false}, tls, deadline);
}

TlsFact probe_smtp_tls(const SmtpTarget& target, const TlsWish& wish, const TlsClient& tls,
                       Deadline deadline) {
  return run(target, wish, tls, deadline).with_sni;
}

std::string probe_recipient(const SmtpTarget& target, const std::string& address, Deadline deadline) {
  // A record's bytes must not become commands of their own.
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F && c != '<' && c != '>'; };
  if (address.empty() || address.size() > mailbox_limit_bytes || !std::ranges::all_of(address, is_plain)) {
    return "not a mailbox that can be asked for";
  }
  const auto connection = ProbeConnection::open(target.endpoint, deadline);
  if (!connection) {
    return "the mail host cannot be reached";
  }
  Dialogue dialogue(*connection, deadline);
  if (!dialogue.read_reply() || !dialogue.ask("EHLO " + target.helo_name) || !dialogue.ask("MAIL FROM:<>")) {
    return dialogue.error();
  }
  const auto reply = dialogue.ask("RCPT TO:<" + address + ">");
  if (!reply) {
    return dialogue.error();
  }
  (void)dialogue.ask("RSET");
  dialogue.quit();
  return std::to_string(reply->code) + " " + reply->lines.front();
}

}  // namespace mta_sts::probe
