#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sender/dns/dns_server.hpp"
#include "unit/sender/dns_builder.hpp"

namespace mta_sts::sender::fakes {

/// A loop of a test that lets every handle go at its end.
struct TestLoop {
  uv_loop_t loop{};

  TestLoop() { uv_loop_init(&loop); }
  ~TestLoop() {
    uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop) != 0) {
      std::abort();  // a handle was left behind
    }
  }
  TestLoop(const TestLoop&) = delete;
  TestLoop& operator=(const TestLoop&) = delete;

  /// Runs until `done` holds or the time is over.
  template <typename Done>
  bool run_until(Done done, std::uint64_t limit_milliseconds = 10000) {
    const std::uint64_t begun = uv_hrtime();
    uv_timer_t wake;
    uv_timer_init(&loop, &wake);
    uv_timer_start(
        &wake, [](uv_timer_t*) {}, 5, 5);
    while (!done() && (uv_hrtime() - begun) / 1'000'000 < limit_milliseconds) {
      uv_run(&loop, UV_RUN_ONCE);
    }
    uv_close(reinterpret_cast<uv_handle_t*>(&wake), nullptr);
    uv_run(&loop, UV_RUN_NOWAIT);
    return done();
  }
};

/// A name server on loopback, UDP and TCP on one port, that says what the test's function says.
class DnsTestServer {
 public:
  using Bytes = DnsBuilder::Bytes;
  struct Query {
    Bytes bytes;
    bool tcp = false;
    std::uint16_t port = 0;  // whence it came, by UDP
    [[nodiscard]] std::uint16_t id() const { return static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]); }
    [[nodiscard]] bool asks_ad() const { return (bytes[3] & 0x20U) != 0; }
  };
  using Handler = std::function<std::optional<Bytes>(const Query&)>;

  DnsTestServer(uv_loop_t* loop, Handler handler, std::uint16_t at_port = 0)
      : state_(new State{.handler = std::move(handler)}) {
    uv_udp_init(loop, &state_->udp);
    uv_tcp_init(loop, &state_->tcp);
    state_->udp.data = state_->tcp.data = state_;
    // Other programs take and leave ports meanwhile: one is only had where both sockets have it.
    for (int attempt = 0; attempt < 100 && !take_port(at_port); ++attempt) {
    }
    uv_listen(reinterpret_cast<uv_stream_t*>(&state_->tcp), 8, &DnsTestServer::on_connection);
    uv_udp_recv_start(&state_->udp, &DnsTestServer::on_allocate, &DnsTestServer::on_datagram);
  }
  ~DnsTestServer() {
    state_->closing = 2;
    for (uv_handle_t* handle :
         {reinterpret_cast<uv_handle_t*>(&state_->udp), reinterpret_cast<uv_handle_t*>(&state_->tcp)}) {
      uv_close(handle, [](uv_handle_t* closed) {
        auto* state = static_cast<State*>(closed->data);
        if (--state->closing == 0) {
          delete state;
        }
      });
    }
  }
  DnsTestServer(const DnsTestServer&) = delete;
  DnsTestServer& operator=(const DnsTestServer&) = delete;

  [[nodiscard]] DnsServer address() const {
    return {.address = *IpAddress::parse("127.0.0.1"), .port = port, .zone = {}};
  }
  void set_handler(Handler handler) { state_->handler = std::move(handler); }
  [[nodiscard]] int queries() const { return state_->queries; }

  /// Sends a datagram of its own accord to whoever asked last by UDP.
  void send_late(const Bytes& message) { send(*state_, message); }

  /// Ends connections when their question has come, instead of answering.
  void hang_up_on_tcp() { state_->hangs_up = true; }

  std::uint16_t port = 0;

 private:
  bool take_port(std::uint16_t wanted) {
    sockaddr_in address{};
    uv_ip4_addr("127.0.0.1", wanted, &address);
    socklen_t length = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    const int stream = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int datagrams = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(stream, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(stream, name, length) != 0 || ::listen(stream, 8) != 0 ||
        ::getsockname(stream, name, &length) != 0 || ::bind(datagrams, name, length) != 0) {
      ::close(stream);
      ::close(datagrams);
      return false;
    }
    port = ntohs(address.sin_port);
    return uv_tcp_open(&state_->tcp, stream) == 0 && uv_udp_open(&state_->udp, datagrams) == 0;
  }

  struct State {
    Handler handler;
    uv_udp_t udp{};
    uv_tcp_t tcp{};
    std::array<char, 65536> buffer{};
    sockaddr_in asker{};
    bool hangs_up = false;
    int queries = 0;
    int closing = 0;
  };
  struct Client {
    uv_tcp_t tcp{};
    State* state = nullptr;
    Bytes received;
    std::array<char, 4096> buffer{};
  };

  static void send(State& state, Bytes message) {
    uv_buf_t out =
        uv_buf_init(reinterpret_cast<char*>(message.data()), static_cast<unsigned>(message.size()));
    uv_udp_try_send(&state.udp, &out, 1, reinterpret_cast<const sockaddr*>(&state.asker));
  }
  static void on_allocate(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto* state = static_cast<State*>(handle->data);
    *buffer = uv_buf_init(state->buffer.data(), static_cast<unsigned>(state->buffer.size()));
  }
  static void on_datagram(uv_udp_t* udp, ssize_t length, const uv_buf_t* buffer, const sockaddr* from,
                          unsigned) {
    if (length < 12 || from == nullptr) {
      return;
    }
    auto* state = static_cast<State*>(udp->data);
    ++state->queries;
    state->asker = *reinterpret_cast<const sockaddr_in*>(from);
    const Query query{.bytes = Bytes(buffer->base, buffer->base + length),
                      .tcp = false,
                      .port = ntohs(state->asker.sin_port)};
    if (const auto answer = state->handler(query)) {
      send(*state, *answer);
    }
  }
  static void on_connection(uv_stream_t* listener, int) {
    auto* client = new Client;
    client->state = static_cast<State*>(listener->data);
    uv_tcp_init(listener->loop, &client->tcp);
    client->tcp.data = client;
    uv_accept(listener, reinterpret_cast<uv_stream_t*>(&client->tcp));
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&client->tcp),
        [](uv_handle_t* handle, size_t, uv_buf_t* out) {
          auto* self = static_cast<Client*>(handle->data);
          *out = uv_buf_init(self->buffer.data(), static_cast<unsigned>(self->buffer.size()));
        },
        &DnsTestServer::on_read);
  }
  static void on_read(uv_stream_t* stream, ssize_t length, const uv_buf_t* buffer) {
    auto* client = static_cast<Client*>(stream->data);
    if (length < 0) {
      uv_close(reinterpret_cast<uv_handle_t*>(stream),
               [](uv_handle_t* handle) { delete static_cast<Client*>(handle->data); });
      return;
    }
    client->received.insert(client->received.end(), buffer->base, buffer->base + length);
    if (client->received.size() < 2) {
      return;
    }
    const std::size_t size = static_cast<std::size_t>(client->received[0]) << 8U | client->received[1];
    if (client->received.size() < size + 2) {
      return;
    }
    ++client->state->queries;
    const Query query{.bytes = Bytes(client->received.begin() + 2,
                                     client->received.begin() + 2 + static_cast<std::ptrdiff_t>(size)),
                      .tcp = true};
    client->received.clear();
    if (client->state->hangs_up) {
      uv_close(reinterpret_cast<uv_handle_t*>(stream),
               [](uv_handle_t* handle) { delete static_cast<Client*>(handle->data); });
      return;
    }
    if (auto answer = client->state->handler(query)) {
      Bytes framed{static_cast<std::uint8_t>(answer->size() >> 8U),
                   static_cast<std::uint8_t>(answer->size() & 0xFFU)};
      framed.insert(framed.end(), answer->begin(), answer->end());
      for (std::size_t at = 0; at < framed.size();) {
        uv_buf_t out = uv_buf_init(reinterpret_cast<char*>(framed.data() + at),
                                   static_cast<unsigned>(framed.size() - at));
        const int sent = uv_try_write(stream, &out, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
          break;
        }
        at += sent > 0 ? static_cast<std::size_t>(sent) : 0;
      }
    }
  }

  State* state_;
};

}  // namespace mta_sts::sender::fakes
