#pragma once

#include <uv.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>

#include "sender/dns/dns_server.hpp"

namespace mta_sts::sender {

using DnsBytes = std::span<const std::uint8_t>;

/// Why a name server cannot be spoken to now.
enum class DnsSocketError : std::uint8_t {
  unreachable,  ///< no way to it, nobody there, or its zone is no interface of this host
  own_trouble,  ///< this host has no descriptor or memory left
};

/// A datagram socket of its own port, connected to one name server: the kernel takes datagrams from that
/// address alone, and tells when nobody is there.
class DnsDatagrams {
 public:
  /// Called from the loop for each datagram, or without one where the server is unreachable. It may end the
  /// object. A datagram too long for edns_payload_bytes and more has its TC bit set.
  using Receive = std::function<void(std::expected<DnsBytes, DnsSocketError>)>;

  [[nodiscard]] static std::expected<std::unique_ptr<DnsDatagrams>, DnsSocketError> connect(
      uv_loop_t* loop, const DnsServer& server, Receive receive);
  ~DnsDatagrams();

  DnsDatagrams(const DnsDatagrams&) = delete;
  DnsDatagrams& operator=(const DnsDatagrams&) = delete;

  /// Sends a message. What a full buffer swallows counts as sent: it is lost like any datagram.
  [[nodiscard]] std::expected<void, DnsSocketError> send(DnsBytes message);

 private:
  struct State;
  explicit DnsDatagrams(State* state) : state_(state) {}

  State* state_;
};

/// One question to one name server over TCP, and its answer (RFC 7766). The connection ends with it.
class DnsStream {
 public:
  /// Called at most once, from the loop, with the whole message. It may end the object.
  using Done = std::function<void(std::expected<DnsBytes, DnsSocketError>)>;

  [[nodiscard]] static std::expected<std::unique_ptr<DnsStream>, DnsSocketError> ask(uv_loop_t* loop,
                                                                                     const DnsServer& server,
                                                                                     DnsBytes message,
                                                                                     Done done);
  ~DnsStream();

  DnsStream(const DnsStream&) = delete;
  DnsStream& operator=(const DnsStream&) = delete;

 private:
  struct State;
  explicit DnsStream(State* state) : state_(state) {}

  State* state_;
};

}  // namespace mta_sts::sender
