#include "sender/cares_dns.hpp"

#include <ares.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <list>
#include <span>
#include <sstream>
#include <utility>

#include "base/guarded.hpp"
#include "base/handle.hpp"
#include "sender/dns_message.hpp"
#include "sender/uv_handles.hpp"

namespace mta_sts {
namespace {

// A TCP connection that the server closes costs every question open on it one try, so there are three; each
// waits twice as long as the one before: 1 + 2 + 4 parts of the time.
constexpr int tries = 3;
constexpr int parts_of_tries = 7;
constexpr int edns_bytes = 1232;
constexpr std::uint64_t tick_milliseconds = 100;

DnsAnswer failed(DnsStatus status, std::string detail) {
  DnsAnswer answer;
  answer.status = status;
  answer.detail = std::move(detail);
  return answer;
}

bool is_failure(DnsStatus status) {
  return status == DnsStatus::serv_fail || status == DnsStatus::refused || status == DnsStatus::timeout;
}

std::string to_csv(const DnsServer& server) {
  const std::string address = server.address.to_text();
  return (server.address.is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(server.port);
}

std::string read_resolv_conf() {
  const std::ifstream file("/etc/resolv.conf");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Query {
  unsigned char* bytes = nullptr;
  int length = 0;
  ~Query() { ares_free_string(bytes); }
};

}  // namespace

// One c-ares channel a server: c-ares hides SERVFAIL and REFUSED where it changes servers by itself
// (ARES_FLAG_NOCHECKRESP shows them, and stops it), so changing is done here.
class CaresDns::Engine {
 public:
  Engine(uv_loop_t* loop, CaresDnsOptions options)
      : options_(std::move(options)), loop_(loop), timer_(loop, [this] { on_tick(); }) {}

  ~Engine() {
    closing_ = true;
    channels_.clear();  // c-ares ends every open question
  }

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] bool start() {
    return std::ranges::all_of(options_.servers,
                               [this](const DnsServer& server) { return add_channel(server); });
  }

  void lookup(std::string_view name, DnsType type, const Done& done) {
    if (closing_) {
      done(failed(DnsStatus::timeout, "the lookup was given up"));
      return;
    }
    auto question = std::make_unique<Question>();
    question->engine = this;
    question->name = name;
    question->type = type;
    question->done = done;
    question->server = preferred_;
    question->deadline = uv_now(loop_) + static_cast<std::uint64_t>(options_.deadline.count());
    Question* open = question.release();
    open_.push_front(open);
    open->place = open_.begin();
    if (!timer_.is_active()) {
      timer_.start(tick_milliseconds);
    }
    send(open);
  }

 private:
  struct Channel {
    ares_channel handle = nullptr;
    std::unique_ptr<UvPollSet> sockets;

    Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    ~Channel() {
      if (handle != nullptr) {
        ares_destroy(handle);
      }
    }
  };

  struct Question {
    Engine* engine = nullptr;
    std::string name;  // the name asked now: the first one, or the end of its aliases
    DnsType type = DnsType::txt;
    Done done;  // empty once answered
    std::size_t server = 0;
    std::size_t servers_tried = 0;
    std::uint64_t deadline = 0;
    std::vector<std::string> aliases;
    std::chrono::seconds ttl{std::chrono::days(7)};
    bool authenticated = true;
    std::list<Question*>::iterator place;
  };

  bool add_channel(const DnsServer& server) {
    auto channel = std::make_unique<Channel>();
    Channel* raw = channel.get();
    const auto part = options_.deadline.count() / static_cast<long>(options_.servers.size()) / parts_of_tries;
    ares_options settings{};
    settings.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    settings.timeout = static_cast<int>(std::clamp(part, 50L, 60000L));
    settings.tries = tries;
    settings.ndots = 1;
    settings.ednspsz = edns_bytes;
    settings.sock_state_cb = [](void* data, ares_socket_t socket, int readable, int writable) {
      if (const auto& sockets = static_cast<Channel*>(data)->sockets) {
        sockets->watch(socket, readable != 0, writable != 0);
      }
    };
    settings.sock_state_cb_data = raw;
    const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
                     ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB | ARES_OPT_DOMAINS | ARES_OPT_NOROTATE;
    if (ares_init_options(&raw->handle, &settings, mask) != ARES_SUCCESS) {
      return false;
    }
    raw->sockets = std::make_unique<UvPollSet>(loop_, [raw](uv_os_sock_t socket, bool readable,
                                                            bool writable) {
      ares_process_fd(raw->handle, readable ? socket : ARES_SOCKET_BAD, writable ? socket : ARES_SOCKET_BAD);
    });
    channels_.push_back(std::move(channel));
    return ares_set_servers_ports_csv(raw->handle, to_csv(server).c_str()) == ARES_SUCCESS;
  }

  // Sends the question to its server; c-ares may answer within the call.
  void send(Question* question) {
    std::uint16_t id = 0;
    Query query;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id) != 1 ||
        ares_create_query(question->name.c_str(), 1, std::to_underlying(question->type), id,
                          options_.recursion_desired ? 1 : 0, &query.bytes, &query.length,
                          edns_bytes) != ARES_SUCCESS) {
      settle(question, failed(DnsStatus::serv_fail, "the question cannot be written"));
      close(question);
      return;
    }
    constexpr std::size_t second_flags = 3;
    query.bytes[second_flags] |= 0x20U;  // RFC 6840 section 5.7: AD asks for AD
    if (options_.checking_disabled) {
      query.bytes[second_flags] |= 0x10U;
    }
    ares_send(channels_[question->server]->handle, query.bytes, query.length, &Engine::on_answer, question);
  }

  static void on_answer(void* argument, int status, int /*timeouts*/, unsigned char* bytes, int length) {
    auto* question = static_cast<Question*>(argument);
    const bool again =
        guarded(false, [&] { return question->engine->take(question, status, bytes, length); });
    if (!again) {
      question->engine->close(question);
    }
  }

  // Takes the end of one try at one server. True: the question was sent again and lives on.
  bool take(Question* question, int status, const unsigned char* bytes, int length) {
    if (!question->done) {
      return false;  // its deadline has passed
    }
    if (closing_ || status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
      settle(question, failed(DnsStatus::timeout, "the lookup was given up"));
      return false;
    }
    if (status != ARES_SUCCESS || bytes == nullptr) {
      return settle_or_go_on(question, failed(DnsStatus::timeout, "the name server did not answer"));
    }
    const std::span<const std::uint8_t> message(bytes, static_cast<std::size_t>(length));
    ParsedDnsAnswer parsed = parse_dns_answer(message, question->name, question->type);
    if (is_failure(parsed.answer.status)) {
      return settle_or_go_on(question, std::move(parsed.answer));
    }
    preferred_ = question->server;
    return follow(question, std::move(parsed));
  }

  // Joins the answer to what aliases led here; asks on where they end in a name nothing was said about.
  bool follow(Question* question, ParsedDnsAnswer parsed) {
    DnsAnswer& answer = parsed.answer;
    question->ttl = std::min(question->ttl, answer.ttl);
    question->authenticated = question->authenticated && answer.authenticated;
    question->aliases.insert(question->aliases.end(), answer.aliases.begin(), answer.aliases.end());
    if (question->aliases.size() > cname_chain_limit) {
      settle(question, failed(DnsStatus::cname_loop, "the aliases (CNAME) of the name lead nowhere"));
      return false;
    }
    if (!parsed.unanswered_target.empty() && options_.recursion_desired) {
      question->name = std::move(parsed.unanswered_target);
      question->servers_tried = 0;
      question->ttl = std::chrono::days(7);
      send(question);
      return true;
    }
    answer.ttl = question->ttl;
    answer.authenticated = question->authenticated;
    answer.aliases = std::move(question->aliases);
    settle(question, std::move(answer));
    return false;
  }

  bool settle_or_go_on(Question* question, DnsAnswer answer) {
    if (++question->servers_tried >= channels_.size() || uv_now(loop_) >= question->deadline) {
      settle(question, std::move(answer));
      return false;
    }
    question->server = (question->server + 1) % channels_.size();
    send(question);
    return true;
  }

  static void settle(Question* question, DnsAnswer answer) {
    if (const Done done = std::exchange(question->done, nullptr)) {
      guarded_void([&] { done(std::move(answer)); });
    }
  }

  void close(Question* question) noexcept {
    open_.erase(question->place);
    delete question;
  }

  void on_tick() {
    for (const auto& channel : channels_) {
      ares_process_fd(channel->handle, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }
    // One by one, each looked for anew: whoever is told may ask again, and that may end other questions.
    const auto is_late = [now = uv_now(loop_)](const Question* question) {
      return question->done && now >= question->deadline;
    };
    for (auto late = std::ranges::find_if(open_, is_late); late != open_.end();
         late = std::ranges::find_if(open_, is_late)) {
      settle(*late, failed(DnsStatus::timeout, "the name servers did not answer in time"));
    }
    if (!open_.empty()) {
      timer_.start(tick_milliseconds);
    }
  }

  CaresDnsOptions options_;
  uv_loop_t* loop_;
  bool closing_ = false;
  std::size_t preferred_ = 0;
  std::list<Question*> open_;
  UvTimer timer_;
  std::vector<std::unique_ptr<Channel>> channels_;
};

CaresDns::CaresDns(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
CaresDns::~CaresDns() = default;

std::expected<std::unique_ptr<CaresDns>, std::string> CaresDns::create(uv_loop_t* loop,
                                                                       CaresDnsOptions options) {
  if (options.servers.empty()) {
    options.servers = parse_resolv_conf(read_resolv_conf());
  }
  auto engine = std::make_unique<Engine>(loop, std::move(options));
  if (!engine->start()) {
    return std::unexpected(
        "the DNS library cannot be started: no memory, or a name server's address is unusable");
  }
  return std::unique_ptr<CaresDns>(new CaresDns(std::move(engine)));
}

void CaresDns::lookup(std::string_view name, DnsType type, Done done) {
  engine_->lookup(name, type, done);
}

}  // namespace mta_sts
