#pragma once

#include <openssl/x509.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/deadline.hpp"
#include "check/facts.hpp"
#include "trust/roots.hpp"

namespace mta_sts::probe {

/// Reads certificate chains. One object serves many threads at once.
class ChainReader {
 public:
  explicit ChainReader(trust::RootStore roots) : roots_(std::move(roots)) {}

  /// Gives what the checks need from a chain as the server sent it, leaf first, judged against the roots,
  /// dates left aside (they are a check of their own). Nothing for an empty chain. Names are kept as the
  /// bytes they are, at most 1,000 of them. A chain that was sent a moment ago, as in most handshakes with
  /// one host, is not judged again.
  [[nodiscard]] std::optional<check::CertificateFact> read(STACK_OF(X509) * chain);

 private:
  struct Known {
    std::mutex mutex;
    std::optional<check::CertificateFact> fact;  ///< nothing before the first who wants it has read it
    Deadline fresh = Deadline::in(std::chrono::milliseconds(0));
  };

  std::shared_ptr<Known> known(const std::string& chain);

  trust::RootStore roots_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Known>> known_;  ///< by the SHA-256 of all certificates
};

}  // namespace mta_sts::probe
