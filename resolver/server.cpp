#include "server.hpp"

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"

namespace mta_sts::resolver {
namespace {

constexpr int backlog = 1024;
constexpr std::uint64_t sweep_milliseconds = 1000;
constexpr std::uint64_t complaint_pause_milliseconds = 10000;

void delete_timer(uv_handle_t* handle) {
  delete reinterpret_cast<uv_timer_t*>(handle);
}

}  // namespace

/// One listening socket.
struct Server::ListeningSocket {
  Server* server = nullptr;
  Protocol* protocol = nullptr;
  uv_any_handle* socket = nullptr;  // deleted by its close callback
  Listener listener;
  bool waiting = false;  // a client waits for a free place

  ListeningSocket(Server* owner, Protocol& speech, Listener listening)
      : server(owner), protocol(&speech), listener(std::move(listening)) {}

  [[nodiscard]] uv_stream_t* stream() const { return &socket->stream; }
};

Server::Server(uv_loop_t* loop, ServerLimits limits, Log& log)
    : loop_(loop), limits_(limits), log_(&log), sweep_timer_(new uv_timer_t) {
  uv_timer_init(loop_, sweep_timer_);
  sweep_timer_->data = this;
}

Server::~Server() {
  close();
}

std::expected<void, Fault> Server::listen(Listener listener, Protocol& protocol) {
  auto listening = std::make_unique<ListeningSocket>(this, protocol, std::move(listener));
  listening->socket = new uv_any_handle{};
  int error = 0;
  if (listening->listener.is_tcp()) {
    uv_tcp_init(loop_, &listening->socket->tcp);
    error = uv_tcp_open(&listening->socket->tcp, listening->listener.release_descriptor());
  } else {
    uv_pipe_init(loop_, &listening->socket->pipe, 0);
    error = uv_pipe_open(&listening->socket->pipe, listening->listener.release_descriptor());
  }
  listening->socket->handle.data = listening.get();
  const std::string place = listening->listener.path();
  if (error == 0) {
    error = uv_listen(listening->stream(), backlog, on_connection);
  }
  listening_.push_back(std::move(listening));
  if (error != 0) {
    return std::unexpected(Fault{"socket-unusable", place + ": cannot listen: " + uv_strerror(error)});
  }
  return {};
}

void Server::drain(std::function<void()> done) {
  drained_ = std::move(done);
  for (const auto& listening : listening_) {
    if (listening->socket != nullptr) {
      uv_close(&std::exchange(listening->socket, nullptr)->handle,
               [](uv_handle_t* handle) { delete reinterpret_cast<uv_any_handle*>(handle); });
    }
  }
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [key, connection] : connections_) {
    all.push_back(connection);
  }
  for (const auto& connection : all) {
    connection->finish();
  }
  if (connections_.empty() && drained_) {
    std::exchange(drained_, nullptr)();
  }
}

void Server::close() {
  drained_ = nullptr;
  drain(nullptr);
  while (!connections_.empty()) {
    connections_.begin()->second->close(CloseReason::shutdown);
  }
  listening_.clear();
  if (sweep_timer_ != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(sweep_timer_, nullptr)), delete_timer);
  }
}

std::vector<std::pair<std::string, std::uint64_t>> Server::counters() const {
  std::vector<std::pair<std::string, std::uint64_t>> all = {
      {"connections_accepted_total", accepted_},
      {"connections_accept_failures_total", accept_failures_},
      {"requests_total", requests_},
  };
  for (std::size_t i = 0; i < closed_.size(); ++i) {
    all.emplace_back(
        "connections_closed_total{reason=\"" + std::string(to_string(static_cast<CloseReason>(i))) + "\"}",
        closed_[i]);
  }
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    all.emplace_back(
        "requests_refused_total{reason=\"" + std::string(to_string(static_cast<RequestError>(i))) + "\"}",
        refused_[i]);
  }
  return all;
}

void Server::forget(Connection& connection, CloseReason reason) {
  ++closed_[static_cast<std::size_t>(reason)];
  connections_.erase(&connection);
  if (connections_.empty()) {
    uv_timer_stop(sweep_timer_);
    if (drained_) {
      std::exchange(drained_, nullptr)();
    }
  }
  if (!evicting_) {
    accept_waiting();
  }
}

void Server::on_connection(uv_stream_t* stream, int status) {
  ListeningSocket* listening = static_cast<ListeningSocket*>(stream->data);
  guarded_void([&] { listening->server->accept_from(*listening, status); });
}

void Server::accept_from(ListeningSocket& listening, int status) {
  if (status != 0) {
    ++accept_failures_;
    const std::uint64_t now = uv_now(loop_);
    if (last_complaint_ == 0 || now - last_complaint_ > complaint_pause_milliseconds) {
      last_complaint_ = now;
      log_->write(LogLevel::error, "accept-failed",
                  std::string(uv_strerror(status)) + "; raise LimitNOFILE or lower --max-connections");
    }
    return;
  }
  // Not accepting is all it takes: libuv stops looking at this socket until the waiting client is accepted.
  if (connections_.size() >= limits_.connections && !make_place()) {
    listening.waiting = true;
    return;
  }
  listening.waiting = false;
  auto connection = std::make_shared<Connection>(*this, *listening.protocol);
  connections_.emplace(connection.get(), connection);
  if (!uv_is_active(reinterpret_cast<uv_handle_t*>(sweep_timer_))) {
    uv_timer_start(sweep_timer_, on_sweep, sweep_milliseconds, sweep_milliseconds);
  }
  if (connection->accept(listening.stream())) {
    ++accepted_;
  }
}

void Server::accept_waiting() {
  for (const auto& listening : listening_) {
    if (listening->waiting && listening->socket != nullptr && connections_.size() < limits_.connections) {
      accept_from(*listening, 0);
    }
  }
}

/// Gives up the connection that has been idle longest, for one that has something to ask.
bool Server::make_place() {
  const Connection* oldest = nullptr;
  for (const auto& [key, connection] : connections_) {
    if (connection->is_idle() && (oldest == nullptr || connection->last_active() < oldest->last_active())) {
      oldest = key;
    }
  }
  constexpr std::uint64_t grace_milliseconds = 1000;  // a client that has just come may still be writing
  if (oldest == nullptr || uv_now(loop_) - oldest->last_active() < grace_milliseconds) {
    return false;
  }
  const auto found = connections_.find(const_cast<Connection*>(oldest));
  const std::shared_ptr<Connection> victim = found->second;
  evicting_ = true;  // its place is spoken for
  victim->close(CloseReason::evicted);
  evicting_ = false;
  return true;
}

void Server::on_sweep(uv_timer_t* timer) {
  Server* server = static_cast<Server*>(timer->data);
  guarded_void([&] { server->sweep(); });
}

void Server::sweep() {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) {
    all.push_back(connection);
  }
  for (const auto& connection : all) {
    connection->check_time(uv_now(loop_));
  }
  // Room that one client freed is used by those that paused for it.
  for (const auto& connection : all) {
    connection->resume();
  }
  for (const auto& listening : listening_) {
    if (listening->waiting && listening->socket != nullptr) {
      accept_from(*listening, 0);  // for which it may give up another
    }
  }
}

}  // namespace mta_sts::resolver
