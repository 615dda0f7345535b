#include "module.hpp"

namespace mta_sts::nginx {
namespace {

/// The handlers of a phase run last registered first.
bool add_handler(ngx_conf_t* cf, ngx_uint_t phase, ngx_http_handler_pt handler) {
  auto* http =
      static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  auto* added = static_cast<ngx_http_handler_pt*>(ngx_array_push(&http->phases[phase].handlers));
  if (added != nullptr) {
    *added = handler;
  }
  return added != nullptr;
}

ngx_int_t add_handlers(ngx_conf_t* cf) noexcept {
  // The first of these comes before the rewrite module's `return`.
  const bool is_added = add_handler(cf, NGX_HTTP_SERVER_REWRITE_PHASE, answer_in_server) &&
                        add_handler(cf, NGX_HTTP_LOG_PHASE, note_unserved);
  return is_added ? NGX_OK : NGX_ERROR;
}

// Any number of words, none too: the core says what is allowed.
ngx_command_t commands[] = {
    {ngx_string("mta_sts"), NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_ANY,
     read_directive, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("mta_sts_reports"), NGX_HTTP_LOC_CONF | NGX_CONF_ANY, read_reports_directive,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("mta_sts_metrics"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, read_metrics_directive,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    ngx_null_command,
};

ngx_http_module_t context = {
    add_variables,      add_handlers,      // before and after the http block is read
    create_http_conf,   nullptr,           // main
    create_server_conf, nullptr,           // server
    create_block_conf,  merge_block_conf,  // location, and server and http as its outer blocks
};

}  // namespace
}  // namespace mta_sts::nginx

extern "C" {
ngx_module_t ngx_http_mta_sts_module = {
    NGX_MODULE_V1,
    &mta_sts::nginx::context,
    mta_sts::nginx::commands,
    NGX_HTTP_MODULE,
    nullptr,  // init_master
    nullptr,  // init_module
    nullptr,  // init_process
    nullptr,  // init_thread
    nullptr,  // exit_thread
    nullptr,  // exit_process
    nullptr,  // exit_master
    NGX_MODULE_V1_PADDING,
};
}
