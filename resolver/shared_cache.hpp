#pragma once

#include <uv.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/log.hpp"
#include "lookup_stack.hpp"
#include "options.hpp"
#include "sender/redis/redis_share.hpp"
#include "sender/share/shared_fetch.hpp"
#include "sender/share/shared_value.hpp"

namespace mta_sts::resolver {

/// The cache that several hosts share, between the service and this host's own fetches.
class SharedCache {
 public:
  /// `options` has an address. `lookups`, `clock` and `log` outlive this object, the loop runs once more
  /// after it. Tells shared-cache-unsealed where the options have no secret. Error: shared-cache-unusable,
  /// where a file of the options cannot be read.
  [[nodiscard]] static std::expected<std::unique_ptr<SharedCache>, Fault> create(
      uv_loop_t* loop, LookupStack& lookups, const SharedCacheOptions& options, const Clock& clock, Log& log);

  [[nodiscard]] sender::PolicyFetch& fetch() { return fetch_; }

  /// Gives the counters for the metrics, in a fixed order: name (with labels) and value.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> counters() const;

 private:
  SharedCache(std::unique_ptr<sender::RedisShare> share, sender::SharedValueForm form, LookupStack& lookups,
              const Clock& clock, Log& log);

  std::unique_ptr<sender::RedisShare> share_;
  sender::SharedFetch fetch_;
};

}  // namespace mta_sts::resolver
