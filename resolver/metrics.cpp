#include "metrics.hpp"

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"
#include "base/utf8.hpp"
#include "tcp_address.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::size_t visitors_limit = 16;
constexpr std::size_t request_limit_bytes = 4096;
constexpr std::uint64_t visit_milliseconds = 5000;
constexpr std::uint64_t sweep_milliseconds = 1000;

std::string response(std::string_view status, std::string_view type, std::string_view body) {
  std::string out = "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
                    "\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n";
  return out.append(body);
}

Fault failure(const std::string& address, std::string_view why) {
  return {"metrics-unusable", "--metrics " + text::escape_for_display(address) + ": " + std::string(why)};
}

template <typename Handle>
void close_and_delete(Handle*& handle) {
  if (handle != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(handle, nullptr)),
             [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
  }
}

}  // namespace

/// One HTTP client; lives until libuv has let go of its handle.
class MetricsServer::Visitor : public std::enable_shared_from_this<Visitor> {
 public:
  explicit Visitor(MetricsServer& server) : server_(&server) {}

  bool accept(uv_stream_t* listening) {
    uv_tcp_init(listening->loop, &tcp_);
    tcp_.data = this;
    self_ = shared_from_this();
    began_ = uv_now(listening->loop);
    if (uv_accept(listening, stream()) != 0 || uv_read_start(stream(), on_alloc, on_read) != 0) {
      close();
      return false;
    }
    return true;
  }

  void close() {
    if (!closing_) {
      closing_ = true;
      server_->forget(*this);
      uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), [](uv_handle_t* handle) {
        const auto last = std::move(static_cast<Visitor*>(handle->data)->self_);
      });
    }
  }

  [[nodiscard]] std::uint64_t began() const { return began_; }

 private:
  static void on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    Visitor* visitor = static_cast<Visitor*>(handle->data);
    *buffer = uv_buf_init(visitor->chunk_, sizeof visitor->chunk_);
  }

  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
    Visitor* visitor = static_cast<Visitor*>(stream->data);
    const auto alive = visitor->self_;
    guarded_void([&] {
      if (count < 0) {
        visitor->close();
      } else {
        visitor->receive({buffer->base, static_cast<std::size_t>(count)});
      }
    });
  }

  static void on_written(uv_write_t* request, int) {
    Visitor* visitor = static_cast<Visitor*>(request->data);
    const auto alive = visitor->self_;
    visitor->close();
  }

  void receive(std::string_view bytes) {
    request_.append(bytes);
    if (request_.size() > request_limit_bytes) {
      close();
    } else if (request_.find("\r\n\r\n") != std::string::npos || request_.find("\n\n") != std::string::npos) {
      uv_read_stop(stream());
      answer();
    }
  }

  void answer() {
    const std::string_view line = std::string_view(request_).substr(0, request_.find_first_of("\r\n"));
    if (line.starts_with("GET /metrics ") || line.starts_with("GET /metrics?")) {
      response_ = response("200 OK", "text/plain; version=0.0.4; charset=utf-8", server_->render_());
    } else if (line.starts_with("GET ")) {
      response_ = response("404 Not Found", "text/plain", "Only /metrics is here.\n");
    } else {
      response_ = response("405 Method Not Allowed", "text/plain", "Only GET is known here.\n");
    }
    uv_buf_t buffer = uv_buf_init(response_.data(), static_cast<unsigned>(response_.size()));
    write_.data = this;
    if (uv_write(&write_, stream(), &buffer, 1, on_written) != 0) {
      close();
    }
  }

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp_); }

  MetricsServer* server_;
  uv_tcp_t tcp_{};
  uv_write_t write_{};
  std::shared_ptr<Visitor> self_;
  std::string request_;
  std::string response_;
  char chunk_[1024] = {};
  std::uint64_t began_ = 0;
  bool closing_ = false;
};

MetricsServer::MetricsServer(std::function<std::string()> render) : render_(std::move(render)) {}

std::expected<std::unique_ptr<MetricsServer>, Fault> MetricsServer::create(
    uv_loop_t* loop, const std::string& address, bool any_address, std::function<std::string()> render) {
  const auto where = parse_tcp_address(address);
  if (!where) {
    return std::unexpected(failure(address, "write ADDRESS:PORT, for example 127.0.0.1:9163"));
  }
  if (!any_address && !where->address.is_loopback()) {
    return std::unexpected(failure(
        address, "metrics tell to whom this host sends: give a loopback address, or --metrics-any-address"));
  }
  std::unique_ptr<MetricsServer> server(new MetricsServer(std::move(render)));
  server->door_ = new uv_tcp_t;
  uv_tcp_init(loop, server->door_);
  server->door_->data = server.get();
  server->timer_ = new uv_timer_t;
  uv_timer_init(loop, server->timer_);
  server->timer_->data = server.get();
  const auto on_connection = [](uv_stream_t* stream, int status) {
    if (status == 0) {
      auto* metrics = static_cast<MetricsServer*>(stream->data);
      guarded_void([&] { metrics->accept(); });
    }
  };
  int error = uv_tcp_bind(server->door_, SocketAddress(*where).get(), 0);
  if (error == 0) {
    error = uv_listen(reinterpret_cast<uv_stream_t*>(server->door_), static_cast<int>(visitors_limit),
                      on_connection);
  }
  if (error != 0) {
    return std::unexpected(failure(address, std::string(uv_strerror(error)) + "; give another port"));
  }
  return server;
}

MetricsServer::~MetricsServer() {
  close();
}

void MetricsServer::close() {
  while (!visitors_.empty()) {
    const std::shared_ptr<Visitor> visitor = visitors_.back();
    visitor->close();
  }
  close_and_delete(door_);
  close_and_delete(timer_);
}

void MetricsServer::accept() {
  auto visitor = std::make_shared<Visitor>(*this);
  visitors_.push_back(visitor);
  if (!visitor->accept(reinterpret_cast<uv_stream_t*>(door_))) {
    return;
  }
  if (visitors_.size() > visitors_limit) {
    visitor->close();
    return;
  }
  const auto on_time = [](uv_timer_t* timer) {
    auto* metrics = static_cast<MetricsServer*>(timer->data);
    guarded_void([&] { metrics->end_slow_visitors(); });
  };
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(timer_)) == 0) {
    uv_timer_start(timer_, on_time, sweep_milliseconds, sweep_milliseconds);
  }
}

void MetricsServer::forget(const Visitor& visitor) {
  std::erase_if(visitors_, [&](const auto& other) { return other.get() == &visitor; });
  if (visitors_.empty() && timer_ != nullptr) {
    uv_timer_stop(timer_);
  }
}

void MetricsServer::end_slow_visitors() {
  const auto all = visitors_;
  for (const auto& visitor : all) {
    if (uv_now(timer_->loop) - visitor->began() > visit_milliseconds) {
      visitor->close();
    }
  }
}

}  // namespace mta_sts::resolver
