#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/deadline.hpp"
#include "base/descriptor.hpp"
#include "check/facts.hpp"
#include "os/socket_address.hpp"

namespace mta_sts::probe {

/// A TCP connection that never waits beyond a deadline. Probes run on worker threads, so it blocks.
class ProbeConnection {
 public:
  /// Error: how far it came.
  [[nodiscard]] static std::expected<ProbeConnection, check::Reach> open(const Endpoint& endpoint,
                                                                         Deadline deadline);

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

  /// Gives this end's address as EHLO has it, "[192.0.2.1]" or "[IPv6:2001:db8::1]". RFC 5321 section 4.1.3.
  [[nodiscard]] std::string own_address_literal() const;

  /// Waits until bytes can be read or written; false where the deadline passed first.
  [[nodiscard]] bool wait_readable(Deadline deadline) const;
  [[nodiscard]] bool wait_writable(Deadline deadline) const;

  /// Adds what is there, at most `limit` bytes, to `into`. False: the peer ended, failed, or the deadline
  /// passed; `error` says which.
  [[nodiscard]] bool read_some(std::string& into, std::size_t limit, Deadline deadline,
                               std::string& error) const;
  [[nodiscard]] bool write_all(std::string_view bytes, Deadline deadline, std::string& error) const;

 private:
  explicit ProbeConnection(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;
};

/// Blocks the calling worker for this long.
void pause(std::chrono::milliseconds time);

}  // namespace mta_sts::probe
