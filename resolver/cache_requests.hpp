#pragma once

#include <sys/types.h>
#include <uv.h>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "protocol.hpp"
#include "request.hpp"
#include "sender/decide/verdict_service.hpp"

namespace mta_sts::resolver {

/// Answers, in JSON, what only root and the resolver's own user may ask: what the cache holds, and changes of
/// it.
class CacheRequests {
 public:
  /// Both outlive this object, which itself is destroyed after the loop is closed.
  CacheRequests(uv_loop_t* loop, sender::VerdictService& service);
  CacheRequests(const CacheRequests&) = delete;
  CacheRequests& operator=(const CacheRequests&) = delete;

  /// Answers a privileged request of a peer with this user id: at once, or when it is done. A purge of the
  /// whole cache forgets the domains known when it begins, a few in each turn of the loop, so that questions
  /// are answered meanwhile.
  void answer(const Request& request, uid_t peer, const Answer& reply);

 private:
  [[nodiscard]] std::string list_after(std::string_view after) const;
  void refresh(std::string_view domain, const Answer& reply);
  void purge(const std::string& domain, const Answer& reply);
  void begin_purge_of_all();
  void purge_some();

  sender::VerdictService& service_;
  uv_idle_t turn_{};
  std::deque<Answer> purges_;        // of the whole cache; the first is under way
  std::vector<std::string> doomed_;  // what it has yet to forget
  std::size_t purged_ = 0;           // by it
};

}  // namespace mta_sts::resolver
