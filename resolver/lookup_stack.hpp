#pragma once

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "sender/cares_dns.hpp"
#include "sender/curl_fetch.hpp"

namespace mta_sts::resolver {

/// How to ask DNS and policy hosts; common to `resolver`, `verdict --direct` and `record --live`.
struct LookupOptions {
  std::vector<DnsServer> dns_servers;  ///< empty: those of /etc/resolv.conf
  std::chrono::milliseconds dns_deadline{5000};
  CurlFetchOptions fetch;

  bool operator==(const LookupOptions& other) const;
};

/// DNS and HTTPS on one loop, made and ended in the right order.
class LookupStack {
 public:
  /// Error: a sentence with the mend for the start. `loop` outlives this object and runs once more after it.
  [[nodiscard]] static std::expected<LookupStack, std::string> create(uv_loop_t* loop,
                                                                      const LookupOptions& options);

  [[nodiscard]] DnsLookup& dns() { return *dns_; }
  [[nodiscard]] CurlFetch& fetch() { return *fetch_; }

 private:
  LookupStack(std::unique_ptr<CaresDns> dns, std::unique_ptr<CurlFetch> fetch);

  std::unique_ptr<CaresDns> dns_;
  std::unique_ptr<CurlFetch> fetch_;  // ends before the DNS that it asks
};

}  // namespace mta_sts::resolver
