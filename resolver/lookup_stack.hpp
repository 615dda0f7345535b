#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "sender/dns/stub_resolver.hpp"
#include "sender/fetch/curl_fetch.hpp"

namespace mta_sts::resolver {

/// How to ask DNS and policy hosts; common to `resolver`, `verdict --direct` and `record --live`.
struct LookupOptions {
  std::vector<sender::DnsServer> dns_servers;  ///< empty: those of /etc/resolv.conf
  std::chrono::milliseconds dns_deadline{5000};
  bool trust_ad = false;  ///< the way to the name servers is safe: their AD bit is believed
  sender::CurlFetchOptions fetch;

  bool operator==(const LookupOptions& other) const;
};

/// DNS and HTTPS on one loop, made and ended in the right order.
class LookupStack {
 public:
  using NameServersChanged = std::function<void(const std::vector<sender::DnsServer>&)>;

  /// Error: ca-unreadable or lookup-unusable. `loop` outlives this object and runs once more after it.
  /// `changed` is told when /etc/resolv.conf names other servers, where it is followed.
  [[nodiscard]] static std::expected<LookupStack, Fault> create(uv_loop_t* loop, const LookupOptions& options,
                                                                NameServersChanged changed = {});

  [[nodiscard]] sender::DnsLookup& dns() { return *dns_; }

  /// Reads /etc/resolv.conf again, where it is followed.
  void reread_name_servers() { dns_->reread(); }

  [[nodiscard]] sender::CurlFetch& fetch() { return *fetch_; }

 private:
  LookupStack(std::unique_ptr<sender::StubResolver> dns, std::unique_ptr<sender::CurlFetch> fetch);

  std::unique_ptr<sender::StubResolver> dns_;
  std::unique_ptr<sender::CurlFetch> fetch_;  // ends before the DNS that it asks
};

}  // namespace mta_sts::resolver
