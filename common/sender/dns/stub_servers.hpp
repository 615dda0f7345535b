#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sender/dns/dns_server.hpp"
#include "sender/dns/dns_sockets.hpp"
#include "sender/dns/resolv_conf.hpp"
#include "sender/dns/stub_question.hpp"

namespace mta_sts::sender {

/// The name servers of a stub resolver, given or followed in a resolv.conf, and the sockets to them.
class StubServers {
 public:
  /// Called for each datagram from a server, or where it is unreachable; the link lives through the call.
  using Take = std::function<void(StubLink&, std::expected<DnsBytes, DnsSocketError>)>;

  /// The most sockets made; more questions then share the last one.
  static constexpr std::size_t sockets_limit = 128;

  /// Without `servers` those of `resolv_conf` are asked. `loop` outlives this object.
  StubServers(uv_loop_t* loop, std::vector<DnsServer> servers, const std::string& resolv_conf, Take take);

  [[nodiscard]] std::size_t size() const { return servers_.size(); }
  [[nodiscard]] const DnsServer& at(std::size_t server) const { return servers_[server].where; }
  [[nodiscard]] std::vector<DnsServer> list() const;

  /// Tells whether the followed resolv.conf says that the way to its servers can be trusted.
  [[nodiscard]] bool trusts_ad() const { return followed_ && followed_->trusts_ad(); }

  /// The server that answered last: questions begin there.
  [[nodiscard]] std::size_t preferred() const { return preferred_; }
  void prefer(std::size_t server) { preferred_ = server; }

  /// Looks at the followed file, at most ten times a second. True: the servers are others, and every open
  /// question must be asked anew.
  [[nodiscard]] bool look();

  /// Reads the followed file; true as in look().
  [[nodiscard]] bool reread();

  /// Sends a question's message by a socket to this server, made where needed.
  [[nodiscard]] std::expected<void, DnsSocketError> send(StubQuestion& question, std::size_t server,
                                                         std::vector<std::uint8_t> message);

  /// Makes no more use of a socket that told of an error.
  void retire(const StubLink& link);

 private:
  struct Server {
    DnsServer where;
    std::weak_ptr<StubLink> link;  // for the next question, while one is open on it
  };

  bool adopt_followed(bool changed);
  std::expected<std::shared_ptr<StubLink>, DnsSocketError> link_to(std::size_t server);

  uv_loop_t* loop_;
  Take take_;
  std::optional<ResolvConf> followed_;
  std::uint64_t looked_ = 0;
  std::vector<Server> servers_;
  std::size_t preferred_ = 0;
  std::size_t links_ = 0;
};

}  // namespace mta_sts::sender
