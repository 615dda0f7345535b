#include "connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <utility>

#include "base/enum_names.hpp"
#include "base/guarded.hpp"
#include "server.hpp"

namespace mta_sts::resolver {
namespace {

/// One byte now and then is no reading: an answer has this many times the limit for a pause.
constexpr int write_limits_in_all = 6;

/// At the end of the process a client that has just come is still asking: it has this long.
constexpr std::uint64_t last_request_milliseconds = 2000;

struct WriteJob {
  uv_write_t request{};
  std::string bytes;
};

Connection* connection_of(void* data) {
  return static_cast<Connection*>(data);
}

}  // namespace

std::string_view to_string(CloseReason reason) {
  using enum CloseReason;
  static constexpr auto words = enum_names<CloseReason>({
      {finished, "finished"},
      {garbage, "garbage"},
      {idle, "idle"},
      {slow_request, "slow-request"},
      {slow_reader, "slow-reader"},
      {evicted, "evicted"},
      {broken, "broken"},
      {shutdown, "shutdown"},
  });
  return words[reason];
}

Connection::~Connection() {
  for (const Slot& slot : slots_) {
    server_->release_bytes(slot.answer ? slot.answer->size() : 0);
  }
}

bool Connection::accept(uv_stream_t* listener) {
  if (listener->type == UV_TCP) {
    uv_tcp_init(listener->loop, &socket_.tcp);
  } else {
    uv_pipe_init(listener->loop, &socket_.pipe, 0);
  }
  socket_.handle.data = this;
  self_ = shared_from_this();
  if (uv_accept(listener, stream()) != 0) {
    close(CloseReason::broken);
    return false;
  }
  if (listener->type == UV_TCP) {
    uv_tcp_nodelay(&socket_.tcp, 1);
  } else {
    uv_os_fd_t descriptor = -1;
    ucred peer{};
    socklen_t length = sizeof peer;
    if (uv_fileno(&socket_.handle, &descriptor) == 0 &&
        ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0) {
      peer_uid_ = peer.uid;
    }
  }
  last_active_ = uv_now(listener->loop);
  set_reading(true);
  return !closing_;
}

void Connection::close(CloseReason reason) {
  if (closing_) {
    return;
  }
  closing_ = true;
  server_->forget(*this, reason);
  uv_close(&socket_.handle, on_closed);
}

void Connection::finish() {
  finishing_ = true;
  if (!is_idle()) {
    end_input();
  } else if (!is_about_to_ask()) {
    close(CloseReason::shutdown);
  }
}

void Connection::resume() {
  if (!closing_ && !answering_) {
    answer_requests();
  }
}

void Connection::end_input() {
  input_ended_ = true;
  set_reading(false);
}

void Connection::check_time(std::uint64_t now) {
  if (!is_idle() && is_hung_up()) {
    close(CloseReason::finished);
    return;
  }
  const ServerLimits& limits = server_->limits();
  const auto is_over = [now](std::uint64_t since, std::chrono::milliseconds limit) {
    return now - since > static_cast<std::uint64_t>(limit.count());
  };
  if (const std::size_t left = unwritten(); left > 0) {
    if (left != write_left_) {
      write_left_ = left;
      write_moved_ = now;
    }
    if (is_over(write_moved_, limits.write) || is_over(write_began_, limits.write * write_limits_in_all)) {
      close(CloseReason::slow_reader);
    }
    return;
  }
  if (!slots_.empty()) {
    return;
  }
  if (finishing_ && !is_about_to_ask()) {
    close(CloseReason::shutdown);
  } else if (!input_.empty() && is_over(request_began_, limits.request)) {
    close(CloseReason::slow_request);
  } else if (input_.empty() && is_over(last_active_, limits.idle)) {
    close(CloseReason::idle);
  }
}

void Connection::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  // libuv reads and calls on_read before anyone else may use the server's one buffer.
  *buffer = connection_of(handle->data)->server_->read_buffer();
}

void Connection::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  Connection* connection = connection_of(stream->data);
  const std::shared_ptr<Connection> alive = connection->self_;
  const bool done = guarded_void([&] {
    if (count > 0) {
      connection->receive({buffer->base, static_cast<std::size_t>(count)});
    } else if (count == UV_EOF) {
      // The client has asked all it wants and may still read.
      if (!connection->input_.empty()) {
        connection->receive(connection->protocol_->end_of_input());
      }
      connection->end_input();
      if (connection->is_idle()) {
        connection->close(CloseReason::finished);
      }
    } else if (count < 0) {
      connection->close(CloseReason::broken);
    }
  });
  if (!done) {
    connection->give_up();
  }
}

void Connection::on_written(uv_write_t* request, int status) {
  const std::unique_ptr<WriteJob> job(static_cast<WriteJob*>(request->data));
  Connection* connection = connection_of(request->handle->data);
  const std::shared_ptr<Connection> alive = connection->self_;
  connection->server_->release_bytes(job->bytes.size());
  if (connection->closing_) {
    return;
  }
  const bool done = status == 0 && guarded_void([&] {
                      connection->last_active_ = uv_now(request->handle->loop);
                      connection->write_ready();
                      connection->resume();
                    });
  if (!done) {
    connection->give_up();
  }
}

/// What was under way is in no known state: the client asks again.
void Connection::give_up() noexcept {
  guarded_void([&] { close(CloseReason::broken); });
}

void Connection::on_closed(uv_handle_t* handle) {
  const std::shared_ptr<Connection> last = std::move(connection_of(handle->data)->self_);
}

void Connection::receive(std::string_view bytes) {
  last_active_ = uv_now(socket_.handle.loop);
  if (input_.empty()) {
    request_began_ = last_active_;
  }
  input_.append(bytes);
  answer_requests();
}

void Connection::answer_requests() {
  answering_ = true;
  std::size_t begin = 0;
  while (!closing_ && !input_ended_ && has_room()) {
    const RequestFront front = protocol_->cut(std::string_view(input_).substr(begin));
    if (front.error) {
      refuse_input(*front.error);
      break;
    }
    if (front.taken == 0) {
      break;
    }
    begin += front.taken;
    request_began_ = last_active_;
    answer_request(front.request);
  }
  answering_ = false;
  if (closing_) {
    return;
  }
  input_.erase(0, begin);
  if (finishing_ && begin > 0) {
    end_input();
    if (is_idle()) {
      close(CloseReason::shutdown);
    }
    return;
  }
  set_reading(has_room());
}

void Connection::answer_request(std::string_view request) {
  const std::uint64_t number = first_slot_ + slots_.size();
  slots_.emplace_back();
  const auto taken = protocol_->answer_request(
      request, peer_uid_, [weak = weak_from_this(), number](std::string text, bool close_after) {
        if (const auto connection = weak.lock(); connection && !connection->closing_) {
          connection->answer(number, std::move(text), close_after);
        }
      });
  has_asked_ = true;
  if (taken) {
    server_->count_request();
  } else {
    server_->count_refused(taken.error());
  }
}

/// Where one request ends and the next begins is not known any more.
void Connection::refuse_input(RequestError error) {
  server_->count_refused(error);
  const std::uint64_t number = first_slot_ + slots_.size();
  slots_.emplace_back();
  answer(number, protocol_->refuse(to_string(error)), true);
}

void Connection::answer(std::uint64_t number, std::string text, bool close_after) {
  if (number < first_slot_ || number - first_slot_ >= slots_.size()) {
    return;
  }
  Slot& slot = slots_[number - first_slot_];
  if (slot.answer) {
    return;
  }
  // Requests that were under way when the room ran out: their clients ask again later.
  slot.answer =
      protocol_->frame(server_->is_overfull() ? protocol_->refuse("resolver-busy") : std::move(text));
  server_->hold_bytes(slot.answer->size());
  slot.close_after = close_after;
  if (close_after) {
    end_input();
  }
  write_ready();
  resume();
}

void Connection::write_ready() {
  while (!closing_ && !slots_.empty() && slots_.front().answer && unwritten() == 0) {
    Slot slot = std::move(slots_.front());
    slots_.pop_front();
    ++first_slot_;
    if (slot.close_after) {
      input_ended_ = true;
      for (const Slot& later : slots_) {
        server_->release_bytes(later.answer ? later.answer->size() : 0);
      }
      slots_.clear();
    }
    write_bytes(std::move(*slot.answer));
  }
  if (!closing_ && input_ended_ && is_idle()) {
    close(CloseReason::finished);
  }
}

void Connection::write_bytes(std::string bytes) {
  uv_buf_t buffer = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
  const int written = uv_try_write(stream(), &buffer, 1);
  if (written == static_cast<int>(bytes.size())) {
    server_->release_bytes(bytes.size());
    return;
  }
  if (written < 0 && written != UV_EAGAIN) {
    server_->release_bytes(bytes.size());
    close(CloseReason::broken);
    return;
  }
  auto job = std::make_unique<WriteJob>();
  job->request.data = job.get();
  job->bytes = std::move(bytes);
  const std::size_t done = written > 0 ? static_cast<std::size_t>(written) : 0;
  buffer = uv_buf_init(job->bytes.data() + done, static_cast<unsigned>(job->bytes.size() - done));
  write_began_ = write_moved_ = uv_now(socket_.handle.loop);
  if (uv_write(&job->request, stream(), &buffer, 1, on_written) != 0) {
    server_->release_bytes(job->bytes.size());
    close(CloseReason::broken);
    return;
  }
  static_cast<void>(job.release());  // on_written has it
}

void Connection::set_reading(bool wanted) {
  wanted = wanted && !input_ended_ && !closing_;
  if (wanted == reading_) {
    return;
  }
  reading_ = wanted;
  if (!wanted) {
    uv_read_stop(stream());
  } else if (uv_read_start(stream(), on_alloc, on_read) != 0) {
    close(CloseReason::broken);
  }
}

/// A client that has only shut down its writing still reads; one that has gone must not keep its place for as
/// long as a fetch takes.
bool Connection::is_hung_up() const {
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(&socket_.handle, &descriptor) != 0) {
    return true;
  }
  pollfd state{descriptor, 0, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLERR)) != 0;
}

/// Tells whether a request is on its way: it is there, a part of it has come, or the client has come just
/// now.
bool Connection::is_about_to_ask() const {
  const bool has_begun = !has_asked_ || !input_.empty();
  if (has_begun && uv_now(socket_.handle.loop) - last_active_ <= last_request_milliseconds) {
    return true;
  }
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(&socket_.handle, &descriptor) != 0) {
    return false;
  }
  pollfd state{descriptor, POLLIN, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & POLLIN) != 0;
}

bool Connection::has_room() const {
  return slots_.size() < server_->limits().pipelined && unwritten() == 0 && server_->has_room();
}

std::size_t Connection::unwritten() const {
  return uv_stream_get_write_queue_size(&socket_.stream);
}

}  // namespace mta_sts::resolver
