#include "sender/dns/stub_servers.hpp"

#include <openssl/rand.h>

#include <utility>

namespace mta_sts::sender {
namespace {

constexpr std::uint64_t look_milliseconds = 100;

// A socket serves few questions, so that who guesses its port gains little.
constexpr std::size_t questions_per_socket = 64;

// Draws a number that no other question on the socket has.
bool enter(StubLink& link, StubQuestion& question, StubAttempt& attempt) {
  constexpr int draws = 64;
  for (int i = 0; i < draws; ++i) {
    std::uint16_t id = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id) == 1 &&
        link.asked.emplace(id, &question).second) {
      attempt.id = id;
      ++link.uses;
      return true;
    }
  }
  return false;
}

}  // namespace

StubServers::StubServers(uv_loop_t* loop, std::vector<DnsServer> servers, const std::string& resolv_conf,
                         Take take)
    : loop_(loop), take_(std::move(take)) {
  if (servers.empty()) {
    followed_.emplace(resolv_conf);
    servers = followed_->servers();
  }
  for (DnsServer& server : servers) {
    servers_.push_back({.where = std::move(server), .link = {}});
  }
}

std::vector<DnsServer> StubServers::list() const {
  std::vector<DnsServer> servers;
  for (const Server& server : servers_) {
    servers.push_back(server.where);
  }
  return servers;
}

bool StubServers::look() {
  const std::uint64_t now = uv_now(loop_);
  if (!followed_ || now - looked_ < look_milliseconds) {
    return false;
  }
  looked_ = now;
  return adopt_followed(followed_->look());
}

bool StubServers::reread() {
  return followed_ && adopt_followed(followed_->read());
}

bool StubServers::adopt_followed(bool changed) {
  if (changed) {
    servers_.clear();
    for (const DnsServer& server : followed_->servers()) {
      servers_.push_back({.where = server, .link = {}});
    }
    preferred_ = 0;
  }
  return changed;
}

std::expected<std::shared_ptr<StubLink>, DnsSocketError> StubServers::link_to(std::size_t server) {
  auto& [where, kept] = servers_[server];
  auto link = kept.lock();
  if (link && (link->uses < questions_per_socket || links_ >= sockets_limit)) {
    return link;
  }
  auto fresh = std::make_shared<StubLink>(server, links_);
  auto socket = DnsDatagrams::connect(loop_, where, [this, raw = fresh.get()](const auto& came) {
    const auto alive = raw->shared_from_this();
    take_(*alive, came);
  });
  if (socket) {
    fresh->socket = *std::move(socket);
    kept = fresh;
    return fresh;
  }
  if (link && socket.error() == DnsSocketError::own_trouble) {
    return link;
  }
  return std::unexpected(socket.error());
}

std::expected<void, DnsSocketError> StubServers::send(StubQuestion& question, std::size_t server,
                                                      std::vector<std::uint8_t> message) {
  StubAttempt& attempt = question.attempts[server];
  if (!attempt.link) {
    auto link = link_to(server);
    if (!link) {
      return std::unexpected(link.error());
    }
    if (!enter(**link, question, attempt)) {
      return std::unexpected(DnsSocketError::own_trouble);
    }
    attempt.link = *std::move(link);
  }
  message[0] = static_cast<std::uint8_t>(attempt.id >> 8U);
  message[1] = static_cast<std::uint8_t>(attempt.id & 0xFFU);
  return attempt.link->socket->send(message);
}

void StubServers::retire(const StubLink& link) {
  if (link.server < servers_.size() && servers_[link.server].link.lock().get() == &link) {
    servers_[link.server].link.reset();
  }
}

}  // namespace mta_sts::sender
