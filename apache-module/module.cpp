// The tables that httpd reads: configuration, directive, hooks.

#include <new>

#include "cache_fields.hpp"
#include "httpd.hpp"
#include "metrics.hpp"
#include "reports.hpp"
#include "server_config.hpp"

namespace mta_sts::apache {
namespace {

void* create_config(apr_pool_t* pool, server_rec*) noexcept {
  return new (apr_palloc(pool, sizeof(ServerConfig))) ServerConfig;
}

void* merge_config(apr_pool_t*, void* main_server, void* virtual_host) noexcept {
  return static_cast<ServerConfig*>(virtual_host)->is_set ? virtual_host : main_server;
}

// httpd hands RAW_ARGS the whole line; TAKE_ARGV would drop every word after the 64th without a word.
const command_rec commands[] = {
    AP_INIT_RAW_ARGS("MtaSts", set_policy, nullptr, RSRC_CONF,
                     "enforce, testing or none, then mx=PATTERN (any number), max_age=SECONDS|Nd|Nw, "
                     "serial=N; or file=PATH; or store=PATH; or off"),
    AP_INIT_RAW_ARGS("MtaStsReports", set_reports, nullptr, ACCESS_CONF,
                     "PATH of a folder for TLS reports that are sent with POST, then max_size=SIZE, "
                     "max_files=N, max_bytes=SIZE"),
    {},
};

void register_hooks(apr_pool_t*) noexcept {
  register_cache_filter();
  // The quick handler runs before every Redirect, RewriteRule, proxy, access check and cache, and after
  // the hooks that settle who asks (mod_remoteip) and which host is meant (mod_ssl's SNI check). It sees the
  // path as the client wrote it; where httpd has yet to normalise that, translate_name is the first chance.
  ap_hook_quick_handler(handle_quickly, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  ap_hook_translate_name(handle_translated, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  ap_hook_handler(receive_report, nullptr, nullptr, APR_HOOK_FIRST);
  ap_hook_handler(show_metrics, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_log_transaction(note_policy, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  ap_hook_log_transaction(note_unserved, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_post_config(share_counters, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_post_config(log_policies, nullptr, nullptr, APR_HOOK_MIDDLE);
}

}  // namespace
}  // namespace mta_sts::apache

// Not AP_DECLARE_MODULE: its line begins with "module", which C++20 keeps for another use (clang refuses it).
module_struct mta_sts_module = {
    STANDARD20_MODULE_STUFF,         mta_sts::apache::create_section,
    mta_sts::apache::merge_sections, mta_sts::apache::create_config,
    mta_sts::apache::merge_config,   mta_sts::apache::commands,
    mta_sts::apache::register_hooks, 0,
};
