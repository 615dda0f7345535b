#include "sender/dns/stub_resolver.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/guarded.hpp"
#include "os/uv_handles.hpp"
#include "sender/dns/dns_message.hpp"
#include "sender/dns/dns_query.hpp"
#include "sender/dns/stub_question.hpp"
#include "sender/dns/stub_servers.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::uint64_t shortest_wait_milliseconds = 50;
constexpr std::size_t streams_limit = StubResolver::descriptor_limit - StubServers::sockets_limit;

DnsAnswer failed(DnsStatus status, std::string detail) {
  DnsAnswer answer;
  answer.status = status;
  answer.detail = std::move(detail);
  return answer;
}

bool is_failure(DnsStatus status) {
  return status == DnsStatus::serv_fail || status == DnsStatus::refused || status == DnsStatus::timeout;
}

}  // namespace

class StubResolver::Engine {
 public:
  Engine(uv_loop_t* loop, StubResolverOptions options)
      : options_(std::move(options)),
        loop_(loop),
        servers_(loop, options_.servers, options_.resolv_conf,
                 [this](StubLink& link, const auto& came) { on_link(link, came); }),
        timer_(loop, [this] { on_time(); }) {}

  ~Engine() {
    closing_ = true;
    while (!open_.empty()) {
      finish(*open_.begin(), failed(DnsStatus::timeout, "the lookup was given up"));
    }
  }

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void lookup(std::string_view name, DnsType type, const Done& done) {
    if (closing_) {
      done(failed(DnsStatus::timeout, "the lookup was given up"));
      return;
    }
    if (servers_.look()) {
      move_to_new_servers();
    }
    auto owned = std::make_unique<StubQuestion>();
    StubQuestion* question = owned.get();
    question->name = name;
    question->type = type;
    question->done = done;
    question->deadline = uv_now(loop_) + static_cast<std::uint64_t>(options_.deadline.count());
    question->due = due_.end();
    open_.insert(question);
    static_cast<void>(owned.release());
    begin(question);
  }

  void reread() {
    if (servers_.reread()) {
      move_to_new_servers();
    }
  }

 private:
  using State = StubAttempt::State;

  void move_to_new_servers() {
    if (options_.on_servers) {
      guarded_void([&] { options_.on_servers(servers_.list()); });
    }
    const std::vector<StubQuestion*> all(open_.begin(), open_.end());
    for (StubQuestion* question : all) {
      if (open_.contains(question)) {  // whoever is told of one may ask anew
        begin(question);
      }
    }
  }

  // Asks the question's name from the first round on.
  void begin(StubQuestion* question) {
    drop_attempts(question);
    if (!message_of(*question, true)) {
      finish(question, failed(DnsStatus::serv_fail, "the name asked for is no name of DNS"));
      return;
    }
    question->attempts.resize(servers_.size());
    question->first = servers_.preferred();
    question->next = 0;
    question->round = 0;
    question->failure.reset();
    go_on(question);
  }

  // Asks the next server of the rounds; waits for what may still come where all have been asked.
  void go_on(StubQuestion* question) {
    while (const auto server = question->next_server()) {
      if (send(question, *server) || question->is_between_rounds()) {
        wait(question, uv_now(loop_) + wait_of(question->round));
        return;
      }
    }
    if (question->may_be_answered()) {
      wait(question, question->deadline);
    } else {
      give_up(question);
    }
  }

  [[nodiscard]] std::uint64_t wait_of(unsigned round) const {
    const auto whole = static_cast<std::uint64_t>(options_.deadline.count());
    const std::uint64_t part = whole / (StubQuestion::parts_of_rounds * servers_.size());
    return std::max(part, shortest_wait_milliseconds) << round;
  }

  void wait(StubQuestion* question, std::uint64_t until) {
    if (question->due != due_.end()) {
      due_.erase(question->due);
    }
    question->due = due_.emplace(std::min(until, question->deadline), question);
    if (question->due == due_.begin()) {
      set_timer();
    }
  }

  [[nodiscard]] std::optional<std::vector<std::uint8_t>> message_of(const StubQuestion& question,
                                                                    bool edns) const {
    const DnsQueryOptions options{.recursion_desired = options_.recursion_desired,
                                  .checking_disabled = options_.checking_disabled,
                                  .edns = edns};
    return write_dns_query(question.name, question.type, 0, options);
  }

  // False: nobody can be reached there now.
  bool send(StubQuestion* question, std::size_t server) {
    StubAttempt& attempt = question->attempts[server];
    // Some devices drop every question with EDNS: the last one is sent without (RFC 6891 section 6.2.6).
    attempt.edns = attempt.edns && question->round + 1 < StubQuestion::rounds;
    const auto sent = servers_.send(*question, server, *message_of(*question, attempt.edns));
    if (!sent) {
      set_unreachable(question, attempt, sent.error());
      return false;
    }
    attempt.state = State::asked;
    return true;
  }

  // A later try gets a socket of its own: this one may have the address of an interface that is gone.
  void set_unreachable(StubQuestion* question, StubAttempt& attempt, DnsSocketError error) {
    if (attempt.link) {
      servers_.retire(*attempt.link);
    }
    drop_attempt(attempt);
    attempt.state = State::unreachable;
    question->own_trouble = question->own_trouble || error == DnsSocketError::own_trouble;
  }

  void ask_by_stream(StubQuestion* question, std::size_t server) {
    StubAttempt& attempt = question->attempts[server];
    if (streams_ >= streams_limit) {
      return;  // the next round asks again
    }
    std::vector<std::uint8_t> message = *message_of(*question, attempt.edns);
    message[0] = static_cast<std::uint8_t>(attempt.id >> 8U);
    message[1] = static_cast<std::uint8_t>(attempt.id & 0xFFU);
    auto stream =
        DnsStream::ask(loop_, servers_.at(server), message,
                       [this, question, server](const auto& came) { on_stream(question, server, came); });
    if (!stream) {
      question->own_trouble = question->own_trouble || stream.error() == DnsSocketError::own_trouble;
      fail(question, server, failed(DnsStatus::timeout, "the name server cannot be asked by TCP"));
      return;
    }
    attempt.stream = *std::move(stream);
    attempt.state = State::streaming;
    ++streams_;
  }

  void on_link(StubLink& link, std::expected<DnsBytes, DnsSocketError> came) {
    if (came) {
      on_datagram(link, *came);
    } else {
      on_unreachable(link, came.error());
    }
  }

  void on_datagram(StubLink& link, DnsBytes message) {
    constexpr std::size_t header_bytes = 12;
    if (message.size() < header_bytes) {
      return;
    }
    const auto asked = link.asked.find(static_cast<std::uint16_t>(message[0] << 8U | message[1]));
    if (asked == link.asked.end()) {
      return;
    }
    StubQuestion* question = asked->second;
    if (question->attempts[link.server].state == State::streaming) {
      return;
    }
    switch (classify_dns_reply(message, question->name, question->type)) {
      case DnsReply::foreign:
        return;
      case DnsReply::cut_off:
        ask_by_stream(question, link.server);
        return;
      case DnsReply::complete:
        on_message(question, link.server, message);
        return;
    }
  }

  void on_stream(StubQuestion* question, std::size_t server, std::expected<DnsBytes, DnsSocketError> came) {
    constexpr std::size_t header_bytes = 12;
    const std::uint16_t id = question->attempts[server].id;
    if (!came) {
      fail(question, server, failed(DnsStatus::timeout, "the name server ended the connection"));
    } else if (came->size() >= header_bytes && ((*came)[0] << 8U | (*came)[1]) == id &&
               classify_dns_reply(*came, question->name, question->type) == DnsReply::complete) {
      on_message(question, server, *came);
    } else {
      fail(question, server, failed(DnsStatus::serv_fail, "the name server's answer by TCP is malformed"));
    }
  }

  // One error may stand for many datagrams: whoever waits for this socket goes on to the next server.
  void on_unreachable(StubLink& link, DnsSocketError error) {
    std::vector<StubQuestion*> waiting;
    for (const auto& [id, question] : link.asked) {
      waiting.push_back(question);
    }
    for (StubQuestion* question : waiting) {
      const bool waits = open_.contains(question) && link.server < question->attempts.size() &&
                         question->attempts[link.server].link.get() == &link &&
                         question->attempts[link.server].state == State::asked;
      if (!waits) {
        continue;
      }
      set_unreachable(question, question->attempts[link.server], error);
      if (question->is_last_asked(link.server) && !question->is_between_rounds()) {
        go_on(question);
      }
    }
  }

  // Takes a whole answer to this question.
  void on_message(StubQuestion* question, std::size_t server, DnsBytes message) {
    constexpr unsigned format_error = 1;
    constexpr unsigned not_implemented = 4;
    constexpr std::size_t code_at = 3;
    StubAttempt& attempt = question->attempts[server];
    const unsigned code = message[code_at] & 0x0FU;
    if (attempt.edns && (code == format_error || code == not_implemented)) {  // RFC 6891 section 7
      attempt.edns = false;
      drop_stream(attempt);
      if (send(question, server)) {
        return;
      }
    }
    ParsedDnsAnswer parsed = parse_dns_answer(message, question->name, question->type);
    parsed.answer.authenticated = parsed.answer.authenticated && is_ad_trusted(server);
    if (is_failure(parsed.answer.status)) {
      fail(question, server, std::move(parsed.answer));
      return;
    }
    servers_.prefer(server);
    follow(question, std::move(parsed));
  }

  [[nodiscard]] bool is_ad_trusted(std::size_t server) const {
    return options_.ad_trust == AdTrust::all || servers_.trusts_ad() ||
           servers_.at(server).address.is_loopback();
  }

  // This server is through with the question; the others go on.
  void fail(StubQuestion* question, std::size_t server, DnsAnswer answer) {
    drop_attempt(question->attempts[server]);
    question->attempts[server].state = State::failed;
    question->failure = std::move(answer);
    if (question->is_last_asked(server) || !question->may_be_answered()) {
      go_on(question);
    }
  }

  // Joins the answer to what aliases led here; asks on where they end in a name nothing was said about.
  void follow(StubQuestion* question, ParsedDnsAnswer parsed) {
    DnsAnswer& answer = parsed.answer;
    question->ttl = std::min(question->ttl, answer.ttl);
    question->authenticated = question->authenticated && answer.authenticated;
    question->aliases.insert(question->aliases.end(), answer.aliases.begin(), answer.aliases.end());
    if (question->aliases.size() > cname_chain_limit) {
      finish(question, failed(DnsStatus::cname_loop, "the aliases (CNAME) of the name lead nowhere"));
      return;
    }
    if (!parsed.unanswered_target.empty() && options_.recursion_desired) {
      question->name = std::move(parsed.unanswered_target);
      question->ttl = std::chrono::days(7);
      begin(question);
      return;
    }
    answer.ttl = question->ttl;
    answer.authenticated = question->authenticated;
    answer.aliases = std::move(question->aliases);
    finish(question, std::move(answer));
  }

  // A server's own word outweighs the silence of others. Where nobody could be asked the name is not to
  // blame.
  void give_up(StubQuestion* question) {
    const bool nobody_there = std::ranges::all_of(
        question->attempts, [](const StubAttempt& attempt) { return attempt.state == State::unreachable; });
    DnsAnswer answer = failed(DnsStatus::timeout, "the name servers did not answer in time");
    if (question->failure) {
      answer = *std::move(question->failure);
    } else if (question->own_trouble || nobody_there) {
      answer =
          failed(DnsStatus::timeout, question->own_trouble ? "this host has no socket left for the question"
                                                           : "no name server can be reached from this host");
      answer.own_trouble = true;
    }
    finish(question, std::move(answer));
  }

  // The question is out of every list before anybody is told: who is told may ask again.
  void finish(StubQuestion* question, DnsAnswer answer) {
    const std::unique_ptr<StubQuestion> ended(question);
    drop_attempts(question);
    if (question->due != due_.end()) {
      due_.erase(question->due);
    }
    open_.erase(question);
    guarded_void([&] { ended->done(std::move(answer)); });
  }

  void drop_attempts(StubQuestion* question) {
    std::ranges::for_each(question->attempts, [this](StubAttempt& attempt) { drop_attempt(attempt); });
    question->attempts.clear();
  }

  void drop_attempt(StubAttempt& attempt) {
    if (attempt.link) {
      attempt.link->asked.erase(attempt.id);
      attempt.link.reset();
    }
    drop_stream(attempt);
  }

  void drop_stream(StubAttempt& attempt) {
    if (attempt.stream) {
      attempt.stream.reset();
      --streams_;
    }
  }

  void on_time() {
    if (servers_.look()) {
      move_to_new_servers();
    }
    const std::uint64_t now = uv_now(loop_);
    while (!due_.empty() && due_.begin()->first <= now) {
      StubQuestion* question = due_.begin()->second;
      if (now >= question->deadline) {
        give_up(question);
      } else {
        go_on(question);
      }
    }
    set_timer();
  }

  void set_timer() {
    if (!due_.empty()) {
      const std::uint64_t now = uv_now(loop_);
      timer_.start(std::max(due_.begin()->first, now) - now);
    }
  }

  StubResolverOptions options_;
  uv_loop_t* loop_;
  bool closing_ = false;
  StubServers servers_;
  std::size_t streams_ = 0;
  std::unordered_set<StubQuestion*> open_;
  std::multimap<std::uint64_t, StubQuestion*> due_;
  UvTimer timer_;
};

StubResolver::StubResolver(uv_loop_t* loop, StubResolverOptions options)
    : engine_(std::make_unique<Engine>(loop, std::move(options))) {}

StubResolver::~StubResolver() = default;

void StubResolver::lookup(std::string_view name, DnsType type, Done done) {
  engine_->lookup(name, type, done);
}

void StubResolver::reread() {
  engine_->reread();
}

}  // namespace mta_sts::sender
