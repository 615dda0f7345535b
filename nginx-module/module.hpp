#pragma once

#include <vector>

#include "metrics/counters.hpp"
#include "ngx.hpp"
#include "policy_fields.hpp"
#include "publish/published_policy.hpp"
#include "spool/spool.hpp"
#include "store/served_store.hpp"

extern "C" [[gnu::visibility("default")]] ngx_module_t ngx_http_mta_sts_module;
// A module of its own for its place among the filters.
extern "C" ngx_module_t ngx_http_mta_sts_filter_module;

namespace mta_sts::nginx {

/// The configuration of the http block.
struct HttpConf {
  ngx_shm_zone_t* counters = nullptr;       ///< of all workers; null where no location shows them
  std::vector<store::ServedStore*> stores;  ///< of all blocks, in the order of the file
};

/// Where a directive stands: in a server or above, its policy goes before everything else; in a location it
/// is that location's handler.
enum class Level : ngx_uint_t { server, location };

/// The configuration of one http, server or location block, in nginx's pool, zeros at first.
struct BlockConf {
  ngx_flag_t is_set;                       ///< the block has a directive of its own
  Level level;                             ///< of the directive that `policy` comes from
  const publish::PublishedPolicy* policy;  ///< null: off, a store, or no directive
  store::ServedStore* store;               ///< null: off, a policy, or no directive
  spool::Spool* spool;                     ///< of mta_sts_reports; only an `if` or limit_except inherits it
  ngx_http_handler_pt handler;             ///< that a directive gave the location; null without
  ngx_str_t directive;                     ///< its name
  ngx_str_t file;                          ///< where the directive stands, for messages that come later
  ngx_uint_t line;

  [[nodiscard]] bool serves() const { return policy != nullptr || store != nullptr; }
};

/// The configuration of a server block, in nginx's pool, zeros at first.
struct ServerConf {
  const BlockConf* location;  ///< the first location of it that serves; null without
};

/// Reads the `mta_sts` directive of a block (ngx_command_t.set).
char* read_directive(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;

/// Reads the `mta_sts_reports` directive of a location (ngx_command_t.set).
char* read_reports_directive(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;

/// Reads the `mta_sts_metrics` directive of a location (ngx_command_t.set).
char* read_metrics_directive(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;

/// Makes the configuration of the http block (ngx_http_module_t.create_main_conf).
void* create_http_conf(ngx_conf_t* cf) noexcept;

/// Makes the configuration of a server block (ngx_http_module_t.create_srv_conf).
void* create_server_conf(ngx_conf_t* cf) noexcept;

/// Makes the configuration of a block (ngx_http_module_t.create_loc_conf).
void* create_block_conf(ngx_conf_t* cf) noexcept;

/// Lets a block without a directive have the policy of the block around it
/// (ngx_http_module_t.merge_loc_conf).
char* merge_block_conf(ngx_conf_t* cf, void* parent, void* child) noexcept;

/// Answers before everything else that the server does (a handler of NGX_HTTP_SERVER_REWRITE_PHASE).
ngx_int_t answer_in_server(ngx_http_request_t* request) noexcept;

/// Answers as the handler of a location (ngx_http_core_loc_conf_t.handler).
ngx_int_t answer_in_location(ngx_http_request_t* request) noexcept;

/// Logs, once a minute, that a request for the policy of a location was answered by something else (a handler
/// of NGX_HTTP_LOG_PHASE).
ngx_int_t note_unserved(ngx_http_request_t* request) noexcept;

/// What was served to a request from a store, for the variables; in its pool. None with a policy.
struct Served {
  ngx_str_t id;
  Mode mode;
};

/// Registers $mta_sts_id, $mta_sts_mode and $mta_sts_domain (ngx_http_module_t.preconfiguration).
ngx_int_t add_variables(ngx_conf_t* cf) noexcept;

/// Gives the configuration of the block that a request is in; what it points to lives as long as the request.
inline const BlockConf& block_conf(const ngx_http_request_t* request) {
  return *static_cast<const BlockConf*>(ngx_http_get_module_loc_conf(request, ngx_http_mta_sts_module));
}

inline const HttpConf& http_conf(const ngx_http_request_t* request) {
  return *static_cast<const HttpConf*>(ngx_http_get_module_main_conf(request, ngx_http_mta_sts_module));
}

/// Adds one to what the metrics show; nothing where no location shows them.
inline void count(const ngx_http_request_t* request, metrics::Counted what) {
  if (const ngx_shm_zone_t* zone = http_conf(request).counters; zone != nullptr) {
    static_cast<metrics::Counters*>(zone->data)->count(static_cast<std::size_t>(ngx_process_slot), what);
  }
}

/// Notes that the answer to a request is ours; nginx forgets it where another page takes its place, and the
/// fields with it.
inline void set_answered(ngx_http_request_t* request, PolicyFields& fields) {
  ngx_http_set_ctx(request, &fields, ngx_http_mta_sts_filter_module);
}

/// Gives the fields of the answer to a request; null where the answer is not ours.
inline PolicyFields* fields_of_answer(const ngx_http_request_t* request) {
  return static_cast<PolicyFields*>(ngx_http_get_module_ctx(request, ngx_http_mta_sts_filter_module));
}

inline const Served* served_of(const ngx_http_request_t* request) {
  return static_cast<const Served*>(ngx_http_get_module_ctx(request, ngx_http_mta_sts_module));
}

}  // namespace mta_sts::nginx
