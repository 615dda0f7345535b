#include "cache_requests.hpp"

#include <unistd.h>

#include <utility>

#include "admin_json.hpp"
#include "base/guarded.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::size_t list_page = 1000;
constexpr std::size_t purged_at_once = 32;  // a few milliseconds, for each has a row in the file

}  // namespace

CacheRequests::CacheRequests(uv_loop_t* loop, sender::VerdictService& service) : service_(service) {
  turn_.data = this;
  uv_idle_init(loop, &turn_);
}

void CacheRequests::answer(const Request& request, uid_t peer, const Answer& reply) {
  if (peer != 0 && peer != ::geteuid()) {
    reply(error_json("not-permitted", "Only root and the resolver's own user may ask this: use sudo."),
          false);
    return;
  }
  switch (request.kind) {
    case RequestKind::cache_list:
      reply(list_after(request.domain), false);
      break;
    case RequestKind::cache_stats:
      reply(stats_json(service_.stats()), false);
      break;
    case RequestKind::cache_purge:
      purge(request.domain, reply);
      break;
    case RequestKind::cache_refresh:
      refresh(request.domain, reply);
      break;
    case RequestKind::cache_show:
    case RequestKind::explain:
    case RequestKind::verdict:
      reply(explanation_json(service_.explain(request.domain)), false);
      break;
  }
}

std::string CacheRequests::list_after(std::string_view after) const {
  const std::vector<sender::CacheLine> lines = service_.list(after, list_page);
  return cache_list_json(lines, lines.size() == list_page);
}

void CacheRequests::refresh(std::string_view domain, const Answer& reply) {
  if (!service_.refresh(domain, [reply](const sender::Explanation& explanation) {
        reply(explanation_json(explanation), false);
      })) {
    reply(error_json("refresh-refused", "This domain cannot have a policy, or too much is under way."),
          false);
  }
}

void CacheRequests::purge(const std::string& domain, const Answer& reply) {
  if (!domain.empty()) {
    reply(purged_json(service_.purge(domain) ? 1 : 0), false);
    return;
  }
  purges_.push_back(reply);
  if (purges_.size() == 1) {
    begin_purge_of_all();
  }
}

// The turns begin first, so that the purge is answered even where memory runs out under it.
void CacheRequests::begin_purge_of_all() {
  uv_idle_start(&turn_, [](uv_idle_t* turn) {
    guarded_void([&] { static_cast<CacheRequests*>(turn->data)->purge_some(); });
  });
  purged_ = 0;
  doomed_ = service_.domains();
  service_.report_purge_of_all(doomed_.size());
}

void CacheRequests::purge_some() {
  for (std::size_t i = 0; i < purged_at_once && !doomed_.empty(); ++i) {
    const std::string domain = std::move(doomed_.back());
    doomed_.pop_back();
    purged_ += service_.purge_unlogged(domain) ? 1U : 0U;
  }
  if (!doomed_.empty()) {
    return;
  }
  uv_idle_stop(&turn_);
  const Answer reply = std::move(purges_.front());
  purges_.pop_front();
  reply(purged_json(purged_), false);
  if (!purges_.empty()) {
    begin_purge_of_all();
  }
}

}  // namespace mta_sts::resolver
