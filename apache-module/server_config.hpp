#pragma once

#include <type_traits>

#include "httpd.hpp"
#include "metrics/counters.hpp"
#include "publish/published_policy.hpp"
#include "store/served_store.hpp"

/// The one symbol that httpd looks up.
extern "C" [[gnu::visibility("default")]] module mta_sts_module;

namespace mta_sts::apache {

/// What `MtaSts` says for one server, main or virtual; made at configuration, read-only afterwards.
struct ServerConfig {
  bool is_set = false;                               ///< false: the main server's holds
  const publish::PublishedPolicy* policy = nullptr;  ///< null where `off`; the configuration's pool owns it
  store::ServedStore* store = nullptr;               ///< null but with `store=`; the same pool's
  const char* file = nullptr;                        ///< where the directive stands
  int line = 0;
  metrics::Counters* counters = nullptr;  ///< of all children; null until the configuration was read

  [[nodiscard]] bool serves() const { return policy != nullptr || store != nullptr; }
};
static_assert(std::is_trivially_destructible_v<ServerConfig>);  // pools run no destructors

/// Gives the module's configuration of a server.
[[nodiscard]] inline ServerConfig& config_of(const server_rec& server) {
  return *static_cast<ServerConfig*>(ap_get_module_config(server.module_config, &mta_sts_module));
}

/// Adds one to what the metrics show.
inline void count(const request_rec& r, metrics::Counted what) {
  if (metrics::Counters* const counters = config_of(*r.server).counters; counters != nullptr) {
    counters->count(static_cast<std::size_t>(r.connection->id), what);  // of the thread, or nearly
  }
}

/// Reads one `MtaSts …` line. Gives null, or the text with which httpd refuses its configuration.
[[nodiscard]] const char* set_policy(cmd_parms* cmd, void*, const char* args) noexcept;

/// Says in the log, at level info, which server serves which policy. A post_config hook.
[[nodiscard]] int log_policies(apr_pool_t*, apr_pool_t*, apr_pool_t*, server_rec* main_server) noexcept;

/// Answers a request for the policy's path as the client wrote it, ahead of every other module. The quick
/// handler's hook; DECLINED for all other requests.
[[nodiscard]] int handle_quickly(request_rec* r, int is_lookup) noexcept;

/// Answers a request for the policy's path once httpd has normalised it (`//`, `/x/..`, `%2e`). The
/// translate_name hook; DECLINED for all other requests.
[[nodiscard]] int handle_translated(request_rec* r) noexcept;

/// Notes that the answer to a request is ours.
inline void set_answered(request_rec& r) {
  ap_set_module_config(r.request_config, &mta_sts_module, &mta_sts_module);
}

inline bool is_answered(const request_rec& r) {
  return ap_get_module_config(r.request_config, &mta_sts_module) != nullptr;
}

/// Logs, once a minute in each child, that a request for the policy was answered by something else. The
/// log_transaction hook.
[[nodiscard]] int note_unserved(request_rec* r) noexcept;

/// Gives each request of a server that has a policy the notes mta_sts_id, mta_sts_mode and (where the Host
/// begins with "mta-sts.") mta_sts_domain, just before it is logged. The log_transaction hook.
[[nodiscard]] int note_policy(request_rec* r) noexcept;

}  // namespace mta_sts::apache
