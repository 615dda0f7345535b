#include "sender/redis/byte_stream.hpp"

#include <array>
#include <utility>

#include "base/guarded.hpp"

namespace mta_sts::sender {

struct ByteStream::Socket : std::enable_shared_from_this<Socket> {
  union {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  uv_connect_t request{};
  uv_timer_t failure{};  // tells later what failed at once
  int failed_with = 0;
  Events events;
  std::shared_ptr<Socket> self;  // while libuv has a handle
  int handles = 0;
  bool is_open = false;
  std::array<char, chunk_bytes> chunk{};

  Socket(Events what) : tcp{}, events(std::move(what)) {}

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&tcp); }

  static Socket& of(const uv_handle_t* handle) { return *static_cast<Socket*>(handle->data); }

  // The callbacks are copied: whoever is called may close the stream, which lets them go.
  void opened(int status) {
    guarded_void([&] {
      if (status == 0) {
        status = uv_read_start(stream(), on_room, on_bytes);
      }
      if (const auto tell = events.opened) {
        tell(status);
      }
    });
  }

  static void on_connect(uv_connect_t* request, int status) {
    const auto here = static_cast<Socket*>(request->data)->shared_from_this();
    here->opened(status);
  }

  static void on_failure(uv_timer_t* timer) {
    const auto here = static_cast<Socket*>(timer->data)->shared_from_this();
    here->opened(here->failed_with);
  }

  static void on_room(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    *buffer = uv_buf_init(of(handle).chunk.data(), chunk_bytes);
  }

  static void on_bytes(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
    const auto here = static_cast<Socket*>(stream->data)->shared_from_this();
    guarded_void([&] {
      if (count < 0) {
        if (const auto tell = here->events.ended) {
          tell(static_cast<int>(count));
        }
      } else if (const auto tell = here->events.bytes; tell && count > 0) {
        tell({buffer->base, static_cast<std::size_t>(count)});
      }
    });
  }

  static void on_closed(uv_handle_t* handle) {
    auto* here = static_cast<Socket*>(handle->data);
    if (--here->handles == 0) {
      const auto last = std::move(here->self);
    }
  }

  void note_connecting(int result) {
    if (result != 0) {
      failed_with = result;
      uv_timer_start(&failure, on_failure, 0, 0);
    }
  }
};

ByteStream::ByteStream(uv_loop_t* loop, Events events)
    : socket_(std::make_shared<Socket>(std::move(events))) {
  uv_timer_init(loop, &socket_->failure);
  socket_->failure.data = socket_.get();
  socket_->request.data = socket_.get();
  socket_->handles = 1;
  socket_->self = socket_;
}

void ByteStream::connect(const Endpoint& endpoint) {
  uv_tcp_init(socket_->failure.loop, &socket_->tcp);
  socket_->tcp.data = socket_.get();
  socket_->is_open = true;
  ++socket_->handles;
  uv_tcp_nodelay(&socket_->tcp, 1);
  socket_->note_connecting(
      uv_tcp_connect(&socket_->request, &socket_->tcp, SocketAddress(endpoint).get(), Socket::on_connect));
}

void ByteStream::connect(const std::string& path) {
  uv_pipe_init(socket_->failure.loop, &socket_->pipe, 0);
  socket_->pipe.data = socket_.get();
  socket_->is_open = true;
  ++socket_->handles;
  uv_pipe_connect(&socket_->request, &socket_->pipe, path.c_str(), Socket::on_connect);
}

void ByteStream::write(std::string bytes) {
  struct Write {
    uv_write_t request{};
    std::string bytes;
    std::shared_ptr<Socket> socket;
  };
  auto write = std::make_unique<Write>();
  write->bytes = std::move(bytes);
  write->socket = socket_;
  write->request.data = write.get();
  uv_buf_t buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  const auto on_written = [](uv_write_t* request, int status) {
    const std::unique_ptr<Write> done(static_cast<Write*>(request->data));
    if (status < 0 && status != UV_ECANCELED) {
      guarded_void([&] {
        if (const auto tell = done->socket->events.ended) {
          tell(status);
        }
      });
    }
  };
  // Where it fails at once, reading tells the end, or the reply never comes.
  if (uv_write(&write->request, socket_->stream(), &buffer, 1, on_written) == 0) {
    static_cast<void>(write.release());  // the callback has it from now on
  }
}

std::size_t ByteStream::unsent() const {
  return uv_stream_get_write_queue_size(socket_->stream());
}

void ByteStream::close() {
  if (!socket_) {
    return;
  }
  const std::shared_ptr<Socket> socket = std::move(socket_);
  socket->events = {};
  uv_close(reinterpret_cast<uv_handle_t*>(&socket->failure), Socket::on_closed);
  if (socket->is_open) {
    uv_close(socket->handle(), Socket::on_closed);
  }
}

}  // namespace mta_sts::sender
