#pragma once

#include <uv.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "os/ip_address.hpp"
#include "os/uv_handles.hpp"
#include "sender/dns_lookup.hpp"
#include "sender/redis/byte_stream.hpp"
#include "sender/redis/redis_address.hpp"
#include "sender/redis/redis_reply.hpp"
#include "sender/redis/tls_pipe.hpp"

namespace mta_sts::sender {

/// What is wrong with the server of the shared cache. For all of them: go on alone; it is tried again.
enum class RedisError : std::uint8_t {
  unreachable,  ///< no address, or no connection could be made or kept
  silent,       ///< a connection stands, and no answer came in time
  refused,      ///< the server answered with an error
  garbled,      ///< what came is no reply to what was asked
  tls,          ///< no TLS, or a certificate that is not trusted
};

inline constexpr std::size_t redis_error_count = 5;

/// How the server's error begins where a key holds something else than a text.
inline constexpr std::string_view redis_wrong_type = "WRONGTYPE ";

/// Gives the error word, "shared-cache-unreachable".
[[nodiscard]] std::string_view to_string(RedisError error);

/// One connection to a Redis server, made anew with pauses as long as this object lives. It never waits long:
/// a server that lets a command or a question after its health wait is left alone for some seconds. Its host
/// name is looked up in DNS with each new connection, so that a name leads to the server that was promoted.
/// One loop's thread.
class RedisLink {
 public:
  /// Called once with the reply; null: there is none.
  using Done = std::function<void(const RedisReply*)>;

  static constexpr std::chrono::milliseconds reply_limit{250};

  /// `loop`, `dns` and `log` outlive this object, the loop runs once more after it. `tls`: null without TLS.
  RedisLink(uv_loop_t* loop, DnsLookup& dns, Log& log, RedisAddress address, TlsSettings tls);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  /// Tells whether a connection stands whose server has answered lately.
  [[nodiscard]] bool is_ready() const { return state_ == State::ready; }

  /// Sends a command and calls `done`, at once where there is no connection or too much is under way.
  void send(std::initializer_list<std::string_view> words, Done done);

  [[nodiscard]] std::uint64_t errors(RedisError error) const {
    return errors_[static_cast<std::size_t>(error)];
  }

 private:
  enum class State : std::uint8_t { down, connecting, greeting, ready };
  struct Asked {
    Done done;
    std::uint64_t due = 0;  // on the loop's clock
  };
  struct Search;  // of the host's addresses

  void begin();
  void resolve();
  void on_address(Search& search, const DnsAnswer& answer);
  void connect_to_next();
  void open(const std::function<void(ByteStream&)>& connect);
  void on_opened(int status);
  void on_bytes(std::string_view bytes);
  void take_replies(std::string_view plain);
  void on_refusal(const std::string& text);
  void greet();
  void on_greeting(const RedisReply* reply);
  void ask_health();
  void on_health(const RedisReply* reply);
  void write(std::string_view plain);
  void ask(std::initializer_list<std::string_view> words, Done done, std::chrono::milliseconds limit);
  void watch_replies();
  void on_late();
  void fail(RedisError error, const std::string& detail);
  void close();
  void report(RedisError error, const std::string& detail);
  [[nodiscard]] std::chrono::milliseconds pause();

  uv_loop_t* loop_;
  DnsLookup& dns_;
  Log& log_;
  RedisAddress address_;
  TlsSettings tls_settings_;
  State state_ = State::down;
  std::uint64_t connection_ = 0;  // the number of this one
  std::shared_ptr<Search> search_;
  std::vector<IpAddress> addresses_;  // not tried yet
  std::string last_failure_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<TlsPipe> tls_;
  std::unique_ptr<RedisReplyReader> reader_;
  std::deque<Asked> asked_;
  std::size_t greetings_ = 0;  // without a reply yet
  UvTimer attempt_timer_;
  UvTimer connect_timer_;
  UvTimer reply_timer_;
  UvTimer health_timer_;
  UvTimer retry_timer_;
  bool is_late_ = false;
  std::uint64_t ready_since_ = 0;  // on the loop's clock
  unsigned failures_ = 0;          // in a row
  std::array<std::uint64_t, redis_error_count> errors_{};
  std::array<std::uint64_t, redis_error_count> logged_{};  // on the loop's clock
  bool is_told_ = false;                                   // that it is gone
};

}  // namespace mta_sts::sender
