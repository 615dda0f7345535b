#include "outcome_receiver.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>

#include "base/guarded.hpp"
#include "base/utf8.hpp"
#include "outcome/datagram/corrections.hpp"
#include "outcome/datagram_text.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::size_t kinds_limit = 50'000;  // some 50 MB while the file cannot be written
constexpr int datagrams_at_once = 256;       // before others of the loop have their turn

Fault failure(const outcome::TallyError& error) {
  return {"outcomes-unusable", error.detail + "; correct --outcomes-file, or its folder"};
}

}  // namespace

/// A socket and its handle, which is libuv's until it is closed.
struct OutcomeReceiver::Socket {
  Listener listener;
  uv_poll_t poll{};
  int descriptor = -1;
  std::string lost_count;  // the file whose size it is
  OutcomeReceiver* receiver = nullptr;

  [[nodiscard]] std::uint64_t count_lost() const {
    struct stat found{};
    return ::lstat(lost_count.c_str(), &found) == 0 && S_ISREG(found.st_mode)
               ? static_cast<std::uint64_t>(found.st_size)
               : 0;
  }
};

/// One write to the file, in another thread.
struct OutcomeReceiver::Write {
  uv_work_t work{};
  OutcomeReceiver* receiver = nullptr;
  std::vector<outcome::PolicyCount> counts;
  std::optional<std::chrono::sys_days> prune_at{};  // where the day is a new one
  // Where memory runs out meanwhile, nothing was added.
  outcome::TallyFile::Result<std::uint64_t> result =
      std::unexpected(outcome::TallyError{outcome::TallyErrorCode::unavailable, "no memory"});

  void run() {
    result = receiver->file_->add(counts);
    if (result && prune_at) {
      if (auto pruned = receiver->file_->prune(*prune_at); !pruned) {
        counts.clear();  // they are in the file
        result = std::unexpected(std::move(pruned.error()));
      }
    }
  }
};

std::expected<std::unique_ptr<OutcomeReceiver>, Fault> OutcomeReceiver::create(uv_loop_t* loop,
                                                                               std::vector<Listener> sockets,
                                                                               const std::string& file,
                                                                               Complete complete,
                                                                               const Clock& clock, Log& log) {
  auto opened = outcome::TallyFile::open(file, {});
  if (!opened) {
    return std::unexpected(failure(opened.error()));
  }
  std::unique_ptr<OutcomeReceiver> receiver(
      new OutcomeReceiver(loop, *std::move(opened), file, std::move(complete), clock, log));
  for (Listener& listener : sockets) {
    auto socket = std::make_unique<Socket>(std::move(listener));
    socket->receiver = receiver.get();
    socket->descriptor = socket->listener.release_descriptor();
    socket->lost_count = path_of_socket(socket->descriptor) + std::string(outcome::lost_count_suffix);
    socket->poll.data = socket.get();
    const auto on_readable = [](uv_poll_t* poll, int, int) {
      auto* here = static_cast<Socket*>(poll->data);
      guarded_void([&] { here->receiver->read(here->descriptor); });
    };
    if (uv_poll_init(loop, &socket->poll, socket->descriptor) != 0 ||
        uv_poll_start(&socket->poll, UV_READABLE, on_readable) != 0) {
      return std::unexpected(
          Fault{"loop-failed", "a socket cannot be watched; raise the limit on descriptors"});
    }
    receiver->sockets_.push_back(std::move(socket));
  }
  return receiver;
}

OutcomeReceiver::OutcomeReceiver(uv_loop_t* loop, std::unique_ptr<outcome::TallyFile> file, std::string path,
                                 Complete complete, const Clock& clock, Log& log)
    : loop_(loop),
      file_(std::move(file)),
      path_(std::move(path)),
      complete_(std::move(complete)),
      clock_(&clock),
      log_(&log),
      buffer_(outcome::datagram_limit_bytes, '\0'),
      counts_(kinds_limit) {}

OutcomeReceiver::~OutcomeReceiver() = default;

void OutcomeReceiver::read(int descriptor) {
  for (int count = 0; count < datagrams_at_once; ++count) {
    const ssize_t bytes = ::recv(descriptor, buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (bytes < 0) {
      return;  // no more of them
    }
    take(static_cast<std::size_t>(bytes) > buffer_.size()
             ? std::unexpected(outcome::DatagramError::too_large)
             : outcome::parse_datagram(buffer_.substr(0, static_cast<std::size_t>(bytes))));
  }
}

void OutcomeReceiver::take(std::expected<outcome::SessionOutcome, outcome::DatagramError> parsed) {
  if (!parsed) {
    if (refused_[static_cast<std::size_t>(parsed.error())]++ == 0) {
      log_->write(LogLevel::warning, to_string(parsed.error()),
                  "a datagram about a session was not taken; further ones are counted in the metrics");
    }
    return;
  }
  outcome::correct(*parsed);
  complete_(*parsed);
  const auto day = std::chrono::floor<std::chrono::days>(clock_->now());
  if (counts_.add(day, *std::move(parsed))) {
    ++sessions_;
  } else {
    lose(1);
  }
}

void OutcomeReceiver::lose(std::uint64_t sessions) {
  if (lost_ == 0 && sessions > 0) {
    log_->write(LogLevel::warning, "outcomes-lost",
                "there is no room to count more of today's sessions; the metrics say how many were lost");
  }
  lost_ += sessions;
}

void OutcomeReceiver::tick() {
  const auto day = std::chrono::floor<std::chrono::days>(clock_->now());
  if (write_ || (unwritten_.empty() && counts_.is_empty() && day == pruned_)) {
    return;
  }
  auto write = std::make_unique<Write>();
  write->receiver = this;
  write->counts = unwritten_.empty() ? counts_.take() : std::exchange(unwritten_, {});
  write->work.data = write.get();
  if (day != pruned_) {
    write->prune_at = day;
  }
  const auto on_thread = [](uv_work_t* work) {
    auto* here = static_cast<Write*>(work->data);
    guarded_void([&] { here->run(); });
  };
  const auto on_end = [](uv_work_t* work, int) {
    auto* here = static_cast<Write*>(work->data);
    guarded_void([&] { here->receiver->finish(); });
  };
  if (uv_queue_work(loop_, &write->work, on_thread, on_end) != 0) {
    unwritten_ = std::move(write->counts);
    return;
  }
  write_ = std::move(write);
}

void OutcomeReceiver::finish() {
  const std::unique_ptr<Write> write = std::move(write_);
  if (write->result) {
    lose(*write->result);
    is_failing_ = false;
    pruned_ = write->prune_at.value_or(pruned_);
    return;
  }
  unwritten_ = std::move(write->counts);
  const outcome::TallyError& error = write->result.error();
  if (!is_failing_) {
    is_failing_ = true;
    log_->write(LogLevel::error, to_string(error.code), error.detail + "; it is tried again every second");
  }
}

void OutcomeReceiver::close() {
  for (const auto& socket : sockets_) {
    read(socket->descriptor);  // what has come already
    uv_poll_stop(&socket->poll);
    uv_close(reinterpret_cast<uv_handle_t*>(&socket->poll), nullptr);
    ::close(std::exchange(socket->descriptor, -1));
  }
}

void OutcomeReceiver::write_all() {
  for (std::vector<outcome::PolicyCount> counts : {std::exchange(unwritten_, {}), counts_.take()}) {
    if (const auto written = file_->add(counts); !written) {
      log_->write(LogLevel::error, to_string(written.error().code), written.error().detail);
    }
  }
}

std::vector<std::pair<std::string, std::uint64_t>> OutcomeReceiver::counters() const {
  std::vector<std::pair<std::string, std::uint64_t>> counters{
      {"outcomes_total", sessions_}, {"outcomes_lost_total", lost_}, {"outcomes_untold_total", 0}};
  for (const auto& socket : sockets_) {
    counters.back().second += socket->count_lost();
  }
  for (std::size_t error = 0; error < refused_.size(); ++error) {
    const auto word = to_string(static_cast<outcome::DatagramError>(error));
    counters.emplace_back("outcomes_refused_total{error=\"" + std::string(word) + "\"}", refused_[error]);
  }
  return counters;
}

}  // namespace mta_sts::resolver
