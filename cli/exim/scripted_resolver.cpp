#include "cli/exim/scripted_resolver.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace mta_sts::cli {
namespace {

constexpr std::size_t request_limit_bytes = 1024;
constexpr int request_limit_ms = 2000;
constexpr std::string_view verb = "verdict ";

// One line of a client, without its end; empty where it sends none in time.
std::string read_line(int connection) {
  std::string line;
  pollfd waiting{.fd = connection, .events = POLLIN, .revents = 0};
  while (line.size() < request_limit_bytes && poll(&waiting, 1, request_limit_ms) > 0) {
    char byte = 0;
    if (read(connection, &byte, 1) != 1) {
      return {};
    }
    if (byte == '\n') {
      return line;
    }
    line += byte;
  }
  return {};
}

}  // namespace

std::expected<std::unique_ptr<ScriptedResolver>, Fault> ScriptedResolver::listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return std::unexpected(Fault{"output-unwritable", path + " is too long for a socket"});
  }
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  Descriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made.is_open() || bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path.c_str(), 0666) != 0 || ::listen(made.get(), 16) != 0) {
    return std::unexpected(Fault{"output-unwritable", path + ": " + std::strerror(errno)});
  }
  return std::unique_ptr<ScriptedResolver>(new ScriptedResolver(std::move(made), path));
}

ScriptedResolver::ScriptedResolver(Descriptor socket, std::string path)
    : socket_(std::move(socket)), path_(std::move(path)) {
  thread_ = std::thread([this] { serve(); });
}

ScriptedResolver::~ScriptedResolver() {
  shutdown(socket_.get(), SHUT_RDWR);
  thread_.join();
  unlink(path_.c_str());
}

void ScriptedResolver::answer(std::string line, std::string domain) {
  const std::lock_guard guard(mutex_);
  line_ = std::move(line);
  domain_ = std::move(domain);
  asked_.clear();
}

std::vector<std::string> ScriptedResolver::asked() {
  const std::lock_guard guard(mutex_);
  return asked_;
}

void ScriptedResolver::serve() {
  for (;;) {
    const Descriptor connection(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.is_open()) {
      serve_one(connection.get());
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void ScriptedResolver::serve_one(int connection) {
  for (std::string line = read_line(connection); line.starts_with(verb); line = read_line(connection)) {
    std::string answer;
    {
      const std::lock_guard guard(mutex_);
      asked_.push_back(line.substr(verb.size()));
      const bool is_meant = domain_.empty() || asked_.back() == domain_;
      answer = (is_meant ? line_ : std::string(no_policy)) + '\n';
    }
    if (send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(answer.size())) {
      return;
    }
  }
}

}  // namespace mta_sts::cli
