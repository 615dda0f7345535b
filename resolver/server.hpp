#pragma once

#include <sys/types.h>
#include <uv.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/log.hpp"
#include "connection.hpp"
#include "protocol.hpp"
#include "sockets.hpp"

namespace mta_sts::resolver {

/// What clients may take of this process. Every one is an option of the command line.
struct ServerLimits {
  std::size_t connections = 1024;            ///< at once; more wait in the kernel's backlog
  std::size_t pipelined = 16;                ///< requests under way on one connection
  std::size_t buffered_bytes = 32U << 20U;   ///< of answers not yet read by their clients, all together
  std::chrono::milliseconds idle{60000};     ///< without a request
  std::chrono::milliseconds request{10000};  ///< from a request's first byte to its last
  std::chrono::milliseconds write{10000};    ///< without one byte taken by the client

  bool operator==(const ServerLimits&) const = default;
};

/// Accepts clients on listening sockets and serves each in its socket's protocol. One loop's thread.
class Server {
 public:
  /// `log` outlives this object.
  Server(uv_loop_t* loop, ServerLimits limits, Log& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Begins to accept on a socket that listens. `protocol` outlives every connection.
  [[nodiscard]] std::expected<void, Fault> listen(Listener listener, Protocol& protocol);

  void set_limits(const ServerLimits& limits) { limits_ = limits; }
  [[nodiscard]] const ServerLimits& limits() const { return limits_; }

  /// Accepts nothing more and reads nothing more; what is under way is answered. `done` is called once nobody
  /// is left.
  void drain(std::function<void()> done);

  /// Ends everything at once; the loop must run once more before this object goes.
  void close();

  /// Gives the counters for the metrics, in a fixed order: name (with labels) and value.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> counters() const;
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

  // What follows is for Connection alone.
  void count_request() { ++requests_; }
  void forget(Connection& connection, CloseReason reason);
  void count_refused(RequestError error) { ++refused_[static_cast<std::size_t>(error)]; }
  [[nodiscard]] uv_buf_t read_buffer() {
    return uv_buf_init(buffer_.data(), static_cast<unsigned>(buffer_.size()));
  }
  [[nodiscard]] bool has_room() const { return held_bytes_ < limits_.buffered_bytes; }
  [[nodiscard]] bool is_overfull() const { return held_bytes_ > 2 * limits_.buffered_bytes; }
  void hold_bytes(std::size_t count) { held_bytes_ += count; }
  void release_bytes(std::size_t count) { held_bytes_ -= count; }

 private:
  struct ListeningSocket;

  static void on_connection(uv_stream_t* stream, int status);
  static void on_sweep(uv_timer_t* timer);

  void accept_from(ListeningSocket& listening, int status);
  void accept_waiting();
  bool make_place();
  void sweep();

  uv_loop_t* loop_;
  ServerLimits limits_;
  Log* log_;
  std::vector<std::unique_ptr<ListeningSocket>> listening_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  uv_timer_t* sweep_timer_;  // deleted by its close callback
  std::function<void()> drained_;
  std::array<char, 4096> buffer_{};
  std::size_t held_bytes_ = 0;
  bool evicting_ = false;
  std::uint64_t accepted_ = 0;
  std::uint64_t accept_failures_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t last_complaint_ = 0;
  std::array<std::uint64_t, 8> closed_{};
  std::array<std::uint64_t, request_error_count> refused_{};
};

}  // namespace mta_sts::resolver
