#pragma once

#include <sys/types.h>
#include <uv.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol.hpp"

namespace mta_sts::resolver {

class Server;

/// Why a connection was ended by us; the names are those of the metrics.
enum class CloseReason : std::uint8_t {
  finished,
  garbage,
  idle,
  slow_request,
  slow_reader,
  evicted,
  broken,
  shutdown
};

[[nodiscard]] std::string_view to_string(CloseReason reason);

/// One client. Cuts requests from what it sends, hands each to the socket's protocol and writes the answers
/// in the order of the requests. Reading pauses while too many answers are open or unread, so a client can
/// only fill its own bounded queue. Owned by the server; lives on until libuv has closed its handle.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, Protocol& protocol) : server_(&server), protocol_(&protocol) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Takes the connection that waits at `listener`. False: it is gone already; the caller drops this object.
  [[nodiscard]] bool accept(uv_stream_t* listener);

  /// Ends the connection; open answers are dropped. Nothing is to be done with it afterwards.
  void close(CloseReason reason);

  /// Ends the connection once the open answers are written. Of a client that has just come, or whose request
  /// is there and not read yet, one more request is read.
  void finish();

  /// Goes on reading where it paused for room that is there again.
  void resume();

  /// Ends the connection if it has had its time. `now` is the loop's clock in milliseconds.
  void check_time(std::uint64_t now);

  /// Tells whether the client waits for nothing from us: such a connection may be given up for another.
  [[nodiscard]] bool is_idle() const { return slots_.empty() && unwritten() == 0; }
  [[nodiscard]] std::uint64_t last_active() const { return last_active_; }

 private:
  struct Slot {
    std::optional<std::string> answer;
    bool close_after = false;
  };

  static void on_alloc(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);
  static void on_written(uv_write_t* request, int status);
  static void on_closed(uv_handle_t* handle);

  void give_up() noexcept;
  void end_input();
  void receive(std::string_view bytes);
  void answer_requests();
  void answer_request(std::string_view request);
  void refuse_input(RequestError error);
  void answer(std::uint64_t number, std::string text, bool close_after);
  void write_ready();
  void write_bytes(std::string bytes);
  void set_reading(bool wanted);
  [[nodiscard]] bool is_hung_up() const;
  [[nodiscard]] bool is_about_to_ask() const;
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] std::size_t unwritten() const;
  [[nodiscard]] uv_stream_t* stream() { return &socket_.stream; }

  union Socket {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
  };

  Server* server_;
  Protocol* protocol_;
  Socket socket_{};
  std::shared_ptr<Connection> self_;  // from accept() until libuv has let go
  uid_t peer_uid_ = static_cast<uid_t>(-1);
  std::string input_;             // bytes that are no whole request yet, or wait for room
  std::deque<Slot> slots_;        // requests under way, oldest first
  std::uint64_t first_slot_ = 0;  // the number of slots_.front()
  std::uint64_t last_active_ = 0;
  std::uint64_t request_began_ = 0;
  std::uint64_t write_began_ = 0;
  std::uint64_t write_moved_ = 0;
  std::size_t write_left_ = 0;
  bool reading_ = false;
  bool answering_ = false;  // answer_requests() is on the stack
  bool input_ended_ = false;
  bool has_asked_ = false;
  bool finishing_ = false;
  bool closing_ = false;
};

}  // namespace mta_sts::resolver
