#include "sender/redis/redis_share.hpp"

#include <chrono>
#include <map>
#include <utility>

#include "base/guarded.hpp"
#include "os/uv_handles.hpp"
#include "sender/share/shared_value.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::chrono::milliseconds claim_life{15000};

std::string key_of(std::string_view prefix, const DomainName& domain) {
  return std::string(prefix) + domain.text();
}

ShareAnswer to_answer(const RedisReply* reply) {
  if (reply == nullptr) {
    return {};
  }
  switch (reply->kind) {
    case RedisReply::Kind::text:
      return {.kind = reply->text.empty() ? ShareAnswer::Kind::nothing : ShareAnswer::Kind::value,
              .value = reply->text};
    case RedisReply::Kind::nothing:
      return {.kind = ShareAnswer::Kind::nothing, .value = {}};
    case RedisReply::Kind::error:
      if (reply->text.starts_with(redis_wrong_type)) {  // a value that is none; put() replaces it
        return {.kind = ShareAnswer::Kind::value, .value = {}};
      }
      return {};
    default:
      return {};
  }
}

void pass_over(const RedisReply*) {}  // the link tells of an error

}  // namespace

// Calls at their time, by one timer.
struct RedisShare::Wakes {
  explicit Wakes(uv_loop_t* on) : loop(on), timer(on, [this] { run(); }) {}

  void add(std::chrono::milliseconds after, std::function<void()> wake) {
    due.emplace(uv_now(loop) + static_cast<std::uint64_t>(after.count()), std::move(wake));
    start();
  }

  void run() {
    while (!due.empty() && due.begin()->first <= uv_now(loop)) {
      const auto wake = std::move(due.begin()->second);
      due.erase(due.begin());
      guarded_void([&] { wake(); });
    }
    start();
  }

  void start() {
    if (!due.empty()) {
      const std::uint64_t now = uv_now(loop);
      timer.start(due.begin()->first > now ? due.begin()->first - now : 0);
    }
  }

  uv_loop_t* loop;
  std::multimap<std::uint64_t, std::function<void()>> due;  // on the loop's clock
  UvTimer timer;
};

std::expected<std::unique_ptr<RedisShare>, Fault> RedisShare::create(uv_loop_t* loop, DnsLookup& dns,
                                                                     Log& log, RedisAddress address,
                                                                     const TlsFiles& files) {
  TlsSettings tls;
  if (address.tls) {
    auto read = read_tls_files(files);
    if (!read) {
      return std::unexpected(read.error());
    }
    tls = *std::move(read);
  }
  return std::unique_ptr<RedisShare>(new RedisShare(loop, dns, log, std::move(address), std::move(tls)));
}

RedisShare::RedisShare(uv_loop_t* loop, DnsLookup& dns, Log& log, RedisAddress address, TlsSettings tls)
    : loop_(loop),
      link_(loop, dns, log, std::move(address), std::move(tls)),
      wakes_(std::make_unique<Wakes>(loop)) {}

RedisShare::~RedisShare() = default;

// The end of the range is one byte behind the limit: a longer value is seen to be one, and is not read.
void RedisShare::find(const DomainName& domain, Found found) {
  const std::string key = key_of(policy_prefix, domain);
  link_.send({"GETRANGE", key, "0", std::to_string(shared_value_limit_bytes)},
             [found = std::move(found)](const RedisReply* reply) { found(to_answer(reply)); });
}

void RedisShare::claim(const DomainName& domain, Claimed claimed) {
  const std::string key = key_of(claim_prefix, domain);
  struct Claim {
    RedisReply::Kind outcome = RedisReply::Kind::error;
    bool is_told = false;
  };
  const auto claim = std::make_shared<Claim>();
  link_.send({"SET", key, "1", "NX", "PX", std::to_string(claim_life.count())},
             [this, claim, domain](const RedisReply* reply) {
               claim->outcome = reply != nullptr ? reply->kind : RedisReply::Kind::error;
               if (claim->outcome == RedisReply::Kind::status) {
                 claims_[domain.text()] = uv_now(loop_) + static_cast<std::uint64_t>(claim_life.count());
                 if (claim->is_told) {  // that it is not: there was no room for the question behind it
                   release(domain);
                 }
               }
             });
  // Behind the claim: a host that gave it up has put its policy there before.
  find(domain, [claim, claimed = std::move(claimed)](ShareAnswer answer) {
    claim->is_told = true;
    const bool is_taken = claim->outcome == RedisReply::Kind::status;
    const bool is_busy = claim->outcome == RedisReply::Kind::nothing;
    // Where no claim can be made nobody is waited for.
    claimed({.taken = is_taken, .answer = is_taken || is_busy ? std::move(answer) : ShareAnswer{}});
  });
}

void RedisShare::put(const DomainName& domain, std::string_view value, std::chrono::sys_seconds until) {
  const std::string until_text = std::to_string(until.time_since_epoch().count());
  link_.send({"SET", key_of(policy_prefix, domain), value, "EXAT", until_text}, pass_over);
  // Also a claim of another host: it finds the policy there now.
  link_.send({"DEL", key_of(claim_prefix, domain)}, pass_over);
  claims_.erase(domain.text());
}

void RedisShare::release(const DomainName& domain) {
  const auto claim = claims_.find(domain.text());
  if (claim == claims_.end()) {
    return;
  }
  const bool is_alive = uv_now(loop_) < claim->second;  // else it may be another host's by now
  claims_.erase(claim);
  if (is_alive) {
    link_.send({"DEL", key_of(claim_prefix, domain)}, pass_over);
  }
}

void RedisShare::call_later(std::chrono::milliseconds after, std::function<void()> wake) {
  wakes_->add(after, std::move(wake));
}

std::vector<std::pair<std::string, std::uint64_t>> RedisShare::counters() const {
  std::vector<std::pair<std::string, std::uint64_t>> counters{
      {"shared_cache_connected", link_.is_ready() ? 1U : 0U}};
  for (std::size_t error = 0; error < redis_error_count; ++error) {
    const auto kind = static_cast<RedisError>(error);
    counters.emplace_back("shared_cache_errors_total{error=\"" + std::string(to_string(kind)) + "\"}",
                          link_.errors(kind));
  }
  return counters;
}

}  // namespace mta_sts::sender
