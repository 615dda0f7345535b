#include "sender/dns/dns_sockets.hpp"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.hpp"
#include "os/socket_address.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::size_t datagram_limit = 4096;
constexpr std::size_t stream_chunk = 4096;

DnsSocketError error_of(int code) {
  switch (code) {
    case UV_EMFILE:
    case UV_ENFILE:
    case UV_ENOMEM:
    case UV_ENOBUFS:
      return DnsSocketError::own_trouble;
    default:
      return DnsSocketError::unreachable;
  }
}

// RFC 4007 section 11.2: an interface's name, or its number.
std::optional<std::uint32_t> zone_number(const std::string& zone) {
  if (const unsigned index = if_nametoindex(zone.c_str()); index != 0) {
    return index;
  }
  std::uint32_t number = 0;
  const char* end = zone.data() + zone.size();
  const auto [at, error] = std::from_chars(zone.data(), end, number);
  return error == std::errc() && at == end ? std::optional(number) : std::nullopt;
}

std::optional<SocketAddress> to_socket_address(const DnsServer& server) {
  const Endpoint endpoint{.address = server.address, .port = server.port};
  if (server.zone.empty() || !server.address.is_v6()) {
    return SocketAddress(endpoint);
  }
  const auto number = zone_number(server.zone);
  return number ? std::optional(SocketAddress(endpoint, *number)) : std::nullopt;
}

template <typename State>
void delete_state(uv_handle_t* handle) {
  delete static_cast<State*>(handle->data);
}

}  // namespace

struct DnsDatagrams::State {
  uv_udp_t handle{};
  Receive receive;
  bool ended = false;
  std::array<char, datagram_limit> buffer{};

  static void on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto* state = static_cast<State*>(handle->data);
    *buffer = uv_buf_init(state->buffer.data(), static_cast<unsigned>(state->buffer.size()));
  }

  static void on_datagram(uv_udp_t* handle, ssize_t length, const uv_buf_t* buffer, const sockaddr* from,
                          unsigned flags) {
    auto* state = static_cast<State*>(handle->data);
    if (state->ended || (length == 0 && from == nullptr)) {
      return;
    }
    guarded_void([&] {
      if (length < 0) {
        state->receive(std::unexpected(error_of(static_cast<int>(length))));
        return;
      }
      constexpr std::size_t flags_at = 2;
      if ((flags & UV_UDP_PARTIAL) != 0) {
        buffer->base[flags_at] = static_cast<char>(buffer->base[flags_at] | 0x02);
      }
      state->receive(
          DnsBytes(reinterpret_cast<const std::uint8_t*>(buffer->base), static_cast<std::size_t>(length)));
    });
  }
};

std::expected<std::unique_ptr<DnsDatagrams>, DnsSocketError> DnsDatagrams::connect(uv_loop_t* loop,
                                                                                   const DnsServer& server,
                                                                                   Receive receive) {
  const auto address = to_socket_address(server);
  if (!address) {
    return std::unexpected(DnsSocketError::unreachable);
  }
  auto state = std::make_unique<State>();
  state->receive = std::move(receive);
  if (const int error = uv_udp_init(loop, &state->handle); error != 0) {
    return std::unexpected(error_of(error));
  }
  state->handle.data = state.get();
  std::unique_ptr<DnsDatagrams> datagrams(new DnsDatagrams(state.release()));
  uv_udp_t* handle = &datagrams->state_->handle;
  int error = uv_udp_connect(handle, address->get());
  if (error == 0) {
    error = uv_udp_recv_start(handle, &State::on_allocate, &State::on_datagram);
  }
  if (error != 0) {
    return std::unexpected(error_of(error));
  }
  return datagrams;
}

DnsDatagrams::~DnsDatagrams() {
  state_->ended = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle), &delete_state<State>);
}

std::expected<void, DnsSocketError> DnsDatagrams::send(DnsBytes message) {
  std::string bytes(message.begin(), message.end());  // libuv's buffers are not const
  const uv_buf_t buffer = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
  int sent = uv_udp_try_send(&state_->handle, &buffer, 1, nullptr);
  if (sent == UV_ECONNREFUSED) {  // left over from the datagram before; this one was not sent yet
    sent = uv_udp_try_send(&state_->handle, &buffer, 1, nullptr);
  }
  if (sent < 0 && sent != UV_EAGAIN) {
    return std::unexpected(error_of(sent));
  }
  return {};
}

struct DnsStream::State {
  uv_tcp_t handle{};
  uv_connect_t connecting{};
  uv_write_t writing{};
  Done done;
  std::string question;
  std::vector<std::uint8_t> received;
  std::array<char, stream_chunk> chunk{};
  bool ended = false;

  void finish(std::expected<DnsBytes, DnsSocketError> answer) noexcept {
    guarded_void([&] {
      if (const Done told = std::exchange(done, nullptr); told && !ended) {
        told(answer);
      }
    });
  }

  static void on_connected(uv_connect_t* request, int status) {
    auto* state = static_cast<State*>(request->data);
    const uv_buf_t buffer =
        uv_buf_init(state->question.data(), static_cast<unsigned>(state->question.size()));
    auto* stream = reinterpret_cast<uv_stream_t*>(&state->handle);
    state->writing.data = state;
    if (state->ended) {
      return;
    }
    if (status != 0 || uv_write(&state->writing, stream, &buffer, 1, &State::on_written) != 0 ||
        uv_read_start(stream, &State::on_allocate, &State::on_read) != 0) {
      state->finish(std::unexpected(DnsSocketError::unreachable));
    }
  }

  static void on_written(uv_write_t* request, int status) {
    if (status != 0) {
      static_cast<State*>(request->data)->finish(std::unexpected(DnsSocketError::unreachable));
    }
  }

  static void on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto* state = static_cast<State*>(handle->data);
    *buffer = uv_buf_init(state->chunk.data(), static_cast<unsigned>(state->chunk.size()));
  }

  static void on_read(uv_stream_t* stream, ssize_t length, const uv_buf_t* buffer) {
    auto* state = static_cast<State*>(stream->data);
    if (length < 0) {
      state->finish(std::unexpected(DnsSocketError::unreachable));
      return;
    }
    guarded_void([&] { state->receive({buffer->base, static_cast<std::size_t>(length)}); });
  }

  // RFC 1035 section 4.2.2: two bytes of length, then the message.
  void receive(std::span<const char> bytes) {
    received.insert(received.end(), bytes.begin(), bytes.end());
    if (received.size() < 2) {
      return;
    }
    const std::size_t length = static_cast<std::size_t>(received[0]) << 8U | received[1];
    if (received.size() - 2 >= length) {
      uv_read_stop(reinterpret_cast<uv_stream_t*>(&handle));
      finish(DnsBytes(received).subspan(2, length));
    }
  }
};

std::expected<std::unique_ptr<DnsStream>, DnsSocketError> DnsStream::ask(uv_loop_t* loop,
                                                                         const DnsServer& server,
                                                                         DnsBytes message, Done done) {
  const auto address = to_socket_address(server);
  if (!address) {
    return std::unexpected(DnsSocketError::unreachable);
  }
  auto state = std::make_unique<State>();
  state->done = std::move(done);
  state->question += static_cast<char>(message.size() >> 8U);
  state->question += static_cast<char>(message.size() & 0xFFU);
  state->question.append(message.begin(), message.end());
  if (const int error = uv_tcp_init(loop, &state->handle); error != 0) {
    return std::unexpected(error_of(error));
  }
  state->handle.data = state->connecting.data = state.get();
  std::unique_ptr<DnsStream> stream(new DnsStream(state.release()));
  State* kept = stream->state_;
  if (const int error =
          uv_tcp_connect(&kept->connecting, &kept->handle, address->get(), &State::on_connected);
      error != 0) {
    return std::unexpected(error_of(error));
  }
  return stream;
}

DnsStream::~DnsStream() {
  state_->ended = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle), &delete_state<State>);
}

}  // namespace mta_sts::sender
