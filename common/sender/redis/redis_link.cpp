#include "sender/redis/redis_link.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/enum_names.hpp"
#include "base/utf8.hpp"
#include "sender/share/shared_value.hpp"

namespace mta_sts::sender {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds attempt_limit{3000};  // from the name to the first reply
constexpr milliseconds connect_limit{1000};  // to one address
constexpr milliseconds greeting_limit{1000};
constexpr milliseconds health_interval{1000};
constexpr milliseconds late_grace{5};  // for what has come and is not read yet, where this process was busy
constexpr milliseconds first_pause{200};
constexpr milliseconds longest_pause{10000};
constexpr std::uint64_t steady_after = 30000;  // milliseconds: then the failures of before count no more
constexpr std::uint64_t log_pause = 3600000;
constexpr std::uint64_t short_log_pause = 300000;

constexpr std::size_t asked_limit =
    8192;  // two for each domain that waits, as many as --max-open-domains at once
constexpr std::size_t unsent_limit_bytes = std::size_t{1} << 20U;

// A value, and what the stream brings with it.
constexpr std::size_t reply_limit_bytes = shared_value_limit_bytes + 4 * ByteStream::chunk_bytes;

// Errors that say that this is not the server to ask, or not now.
constexpr std::array<std::string_view, 7> not_here{"READONLY ", "LOADING ",     "MASTERDOWN ", "NOAUTH ",
                                                   "MOVED ",    "CLUSTERDOWN ", "WRONGPASS "};

std::string shown(std::string_view text) {
  return text::escape_for_display(text, 200);
}

}  // namespace

std::string_view to_string(RedisError error) {
  using enum RedisError;
  static constexpr auto words = enum_names<RedisError>({
      {unreachable, "shared-cache-unreachable"},
      {silent, "shared-cache-silent"},
      {refused, "shared-cache-refused"},
      {garbled, "shared-cache-garbled"},
      {tls, "shared-cache-tls"},
  });
  return words[error];
}

struct RedisLink::Search {
  std::size_t open = 2;
  std::vector<IpAddress> found;
  std::string failure{"it has no address"};
};

RedisLink::RedisLink(uv_loop_t* loop, DnsLookup& dns, Log& log, RedisAddress address, TlsSettings tls)
    : loop_(loop),
      dns_(dns),
      log_(log),
      address_(std::move(address)),
      tls_settings_(std::move(tls)),
      attempt_timer_(loop,
                     [this] {
                       fail(state_ == State::greeting ? RedisError::silent : RedisError::unreachable,
                            "no greeting within " + std::to_string(attempt_limit.count()) + " ms");
                     }),
      connect_timer_(loop,
                     [this] {
                       last_failure_ = "connection timed out";
                       connect_to_next();
                     }),
      reply_timer_(loop, [this] { on_late(); }),
      health_timer_(loop, [this] { ask_health(); }),
      retry_timer_(loop, [this] { begin(); }) {
  retry_timer_.start(0);
}

RedisLink::~RedisLink() = default;

void RedisLink::begin() {
  ++connection_;
  state_ = State::connecting;
  last_failure_ = "it has no address";
  attempt_timer_.start(attempt_limit.count());
  if (!address_.path.empty()) {
    open([this](ByteStream& stream) { stream.connect(address_.path); });
    return;
  }
  resolve();
}

void RedisLink::resolve() {
  if (const auto ip = IpAddress::parse(address_.host)) {
    addresses_ = {*ip};
    connect_to_next();
    return;
  }
  if (address_.host == "localhost") {  // RFC 6761 section 6.3: no question for DNS
    addresses_ = {*IpAddress::parse("::1"), *IpAddress::parse("127.0.0.1")};
    connect_to_next();
    return;
  }
  search_ = std::make_shared<Search>();
  for (const DnsType type : {DnsType::a, DnsType::aaaa}) {
    dns_.lookup(address_.host, type, [this, weak = std::weak_ptr(search_)](const DnsAnswer& answer) {
      if (const auto search = weak.lock()) {  // else this object or this attempt has ended
        on_address(*search, answer);
      }
    });
  }
}

void RedisLink::on_address(Search& search, const DnsAnswer& answer) {
  for (const DnsData& data : answer.records) {
    if (const auto* address = std::get_if<IpAddress>(&data)) {
      search.found.push_back(*address);
    }
  }
  if (!answer.detail.empty()) {
    search.failure = answer.detail;
  }
  if (--search.open > 0) {
    return;
  }
  addresses_ = std::move(search.found);
  std::ranges::reverse(addresses_);  // the next one is taken from the end
  last_failure_ = search.failure;
  search_.reset();
  connect_to_next();
}

void RedisLink::connect_to_next() {
  if (addresses_.empty()) {
    fail(RedisError::unreachable, last_failure_);
    return;
  }
  const Endpoint endpoint{.address = addresses_.back(), .port = address_.port};
  addresses_.pop_back();
  connect_timer_.start(connect_limit.count());
  open([&](ByteStream& stream) { stream.connect(endpoint); });
}

void RedisLink::open(const std::function<void(ByteStream&)>& connect) {
  stream_ = std::make_unique<ByteStream>(
      loop_, ByteStream::Events{.opened = [this](int status) { on_opened(status); },
                                .bytes = [this](std::string_view bytes) { on_bytes(bytes); },
                                .ended =
                                    [this](int status) {
                                      fail(RedisError::unreachable, status == UV_EOF
                                                                        ? "the server ended the connection"
                                                                        : uv_strerror(status));
                                    }});
  connect(*stream_);
}

void RedisLink::on_opened(int status) {
  connect_timer_.stop();
  if (status != 0) {
    last_failure_ = uv_strerror(status);
    connect_to_next();
    return;
  }
  state_ = State::greeting;
  reader_ = std::make_unique<RedisReplyReader>(reply_limit_bytes);
  if (!tls_settings_) {
    greet();
    return;
  }
  tls_ = std::make_unique<TlsPipe>(tls_settings_.get(), address_.host);
  on_bytes({});  // the client begins
}

void RedisLink::on_bytes(std::string_view bytes) {
  if (!tls_) {
    take_replies(bytes);
    return;
  }
  const bool was_established = tls_->is_established();
  const std::string plain = tls_->receive(bytes);
  if (std::string output = tls_->take_output(); !output.empty()) {
    stream_->write(std::move(output));
  }
  if (tls_->has_failed()) {
    fail(RedisError::tls, tls_->failure());
    return;
  }
  const std::uint64_t connection = connection_;
  if (tls_->is_established() && !was_established) {
    greet();
  }
  if (!plain.empty()) {
    take_replies(plain);
  }
  if (connection == connection_ && tls_ && tls_->is_ended()) {
    fail(RedisError::unreachable, "the server ended the connection");
  }
}

// Whoever is told of a reply may send the next command; an error may end the connection within that.
void RedisLink::take_replies(std::string_view plain) {
  const std::uint64_t connection = connection_;
  reader_->feed(plain);
  while (connection == connection_ && state_ != State::down) {
    const auto reply = reader_->next();
    if (reader_->is_broken() || (reply && asked_.empty())) {
      fail(RedisError::garbled, "what it sends is no reply to what was asked");
      return;
    }
    if (!reply) {
      watch_replies();
      return;
    }
    const Asked asked = std::move(asked_.front());
    asked_.pop_front();
    is_late_ = false;
    asked.done(&*reply);
    if (reply->kind == RedisReply::Kind::error && connection == connection_ && state_ == State::ready) {
      on_refusal(shown(reply->text));
    }
  }
}

// An error in the stead of a reply. That a key holds no text is the business of whoever reads it.
void RedisLink::on_refusal(const std::string& text) {
  const auto begins = [&](std::string_view word) { return text.starts_with(word); };
  if (std::ranges::any_of(not_here, begins)) {
    fail(RedisError::refused, text);
  } else if (!begins(redis_wrong_type)) {
    ++errors_[static_cast<std::size_t>(RedisError::refused)];
    report(RedisError::refused, text);
  }
}

void RedisLink::greet() {
  const auto on_reply = [this](const RedisReply* reply) { on_greeting(reply); };
  greetings_ = 1;  // so that none is the last before all are sent
  if (!address_.password.empty() && !address_.user.empty()) {
    ++greetings_;
    ask({"AUTH", address_.user, address_.password}, on_reply, greeting_limit);
  } else if (!address_.password.empty()) {
    ++greetings_;
    ask({"AUTH", address_.password}, on_reply, greeting_limit);
  }
  if (address_.database != 0) {
    ++greetings_;
    ask({"SELECT", std::to_string(address_.database)}, on_reply, greeting_limit);
  }
  const RedisReply nothing_asked{.kind = RedisReply::Kind::status, .text = {}};
  on_greeting(&nothing_asked);
}

void RedisLink::on_greeting(const RedisReply* reply) {
  if (reply == nullptr) {
    return;
  }
  if (reply->kind == RedisReply::Kind::error) {
    fail(RedisError::refused, shown(reply->text));
  } else if (--greetings_ == 0) {
    ask_health();  // a server that is too slow for it is never ready
  }
}

void RedisLink::ask_health() {
  if (!asked_.empty()) {  // the commands under way will tell
    health_timer_.start(health_interval.count());
    return;
  }
  ask({"PING"}, [this](const RedisReply* reply) { on_health(reply); }, reply_limit);
}

void RedisLink::on_health(const RedisReply* reply) {
  if (reply == nullptr) {
    return;
  }
  if (reply->kind != RedisReply::Kind::status) {
    const bool is_error = reply->kind == RedisReply::Kind::error;
    fail(is_error ? RedisError::refused : RedisError::garbled, shown(reply->text));
    return;
  }
  health_timer_.start(health_interval.count());
  if (state_ == State::ready) {
    return;
  }
  state_ = State::ready;
  attempt_timer_.stop();
  ready_since_ = uv_now(loop_);
  if (std::exchange(is_told_, false) || connection_ == 1) {
    log_.write(LogLevel::info, "shared-cache-works", "the shared cache answers at " + address_.to_text());
  }
}

void RedisLink::send(std::initializer_list<std::string_view> words, Done done) {
  if (state_ != State::ready || asked_.size() >= asked_limit || stream_->unsent() > unsent_limit_bytes) {
    done(nullptr);
    return;
  }
  ask(words, std::move(done), reply_limit);
}

void RedisLink::ask(std::initializer_list<std::string_view> words, Done done, milliseconds limit) {
  const std::string command = render_redis_command(std::span(words.begin(), words.size()));
  asked_.push_back(
      {.done = std::move(done), .due = uv_now(loop_) + static_cast<std::uint64_t>(limit.count())});
  write(command);
  if (asked_.size() == 1) {
    watch_replies();
  }
}

void RedisLink::write(std::string_view plain) {
  if (!tls_) {
    stream_->write(std::string(plain));
    return;
  }
  tls_->send(plain);
  stream_->write(tls_->take_output());
}

void RedisLink::watch_replies() {
  if (asked_.empty()) {
    reply_timer_.stop();
    return;
  }
  const std::uint64_t now = uv_now(loop_);
  const std::uint64_t due = asked_.front().due;
  reply_timer_.start(due > now ? due - now : 0);
}

// Where this process itself was busy, timers come before what has arrived meanwhile: that is read first.
void RedisLink::on_late() {
  if (!std::exchange(is_late_, true)) {
    reply_timer_.start(late_grace.count());
    return;
  }
  fail(RedisError::silent, "no reply within " + std::to_string(reply_limit.count()) + " ms");
}

void RedisLink::fail(RedisError error, const std::string& detail) {
  if (state_ == State::down) {
    return;
  }
  ++errors_[static_cast<std::size_t>(error)];
  report(error, detail);
  const milliseconds wait = pause();
  close();
  retry_timer_.start(static_cast<std::uint64_t>(wait.count()));
  for (Asked& asked : std::exchange(asked_, {})) {
    asked.done(nullptr);
  }
}

void RedisLink::close() {
  state_ = State::down;
  ++connection_;
  for (UvTimer* timer : {&attempt_timer_, &connect_timer_, &reply_timer_, &health_timer_}) {
    timer->stop();
  }
  search_.reset();
  addresses_.clear();
  stream_.reset();
  tls_.reset();
  is_late_ = false;
}

milliseconds RedisLink::pause() {
  if (state_ == State::ready && uv_now(loop_) - ready_since_ >= steady_after) {
    failures_ = 0;
  }
  const unsigned doublings = std::min(failures_++, 8U);
  return std::min(first_pause * (1U << doublings), longest_pause);
}

void RedisLink::report(RedisError error, const std::string& detail) {
  std::uint64_t& logged = logged_[static_cast<std::size_t>(error)];
  const std::uint64_t now = uv_now(loop_);
  if (logged != 0 && now < logged + (is_told_ ? log_pause : short_log_pause)) {
    return;
  }
  is_told_ = true;
  logged = std::max<std::uint64_t>(now, 1);
  log_.write(LogLevel::warning, to_string(error),
             address_.to_text() + ": " + detail + "; this host goes on alone until it answers");
}

}  // namespace mta_sts::sender
