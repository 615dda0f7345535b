#pragma once

#include <uv.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "sender/dns_lookup.hpp"
#include "sender/policy_share.hpp"
#include "sender/redis/redis_address.hpp"
#include "sender/redis/redis_link.hpp"
#include "sender/redis/tls_pipe.hpp"

namespace mta_sts::sender {

/// The share in a Redis or Valkey server, 6.2 at least, by seven of its commands: GETRANGE, SET, DEL, PING,
/// and where the address asks for them AUTH and SELECT. One key a domain for the policy, which the server
/// drops when it expires, and one for the claim, with a life of some seconds. Nothing depends on a claim: two
/// hosts that both have it fetch both.
class RedisShare final : public PolicyShare {
 public:
  /// The keys are these and the domain.
  static constexpr std::string_view policy_prefix = "mta-sts:1:policy:";
  static constexpr std::string_view claim_prefix = "mta-sts:1:fetch:";

  /// Begins to connect. The others outlive this object, the loop runs once more after it. Error:
  /// shared-cache-unusable, for the files of TLS alone.
  [[nodiscard]] static std::expected<std::unique_ptr<RedisShare>, Fault> create(uv_loop_t* loop,
                                                                                DnsLookup& dns, Log& log,
                                                                                RedisAddress address,
                                                                                const TlsFiles& files);
  ~RedisShare() override;

  [[nodiscard]] bool is_ready() const override { return link_.is_ready(); }
  void find(const DomainName& domain, Found found) override;
  void claim(const DomainName& domain, Claimed claimed) override;
  void put(const DomainName& domain, std::string_view value, std::chrono::sys_seconds until) override;
  void release(const DomainName& domain) override;
  void call_later(std::chrono::milliseconds after, std::function<void()> wake) override;

  /// Gives counters for the metrics, in a fixed order: name (with labels) and value.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> counters() const;

 private:
  struct Wakes;

  RedisShare(uv_loop_t* loop, DnsLookup& dns, Log& log, RedisAddress address, TlsSettings tls);

  uv_loop_t* loop_;
  RedisLink link_;
  std::unordered_map<std::string, std::uint64_t> claims_;  // of this host: until when, on the loop's clock
  std::unique_ptr<Wakes> wakes_;
};

}  // namespace mta_sts::sender
