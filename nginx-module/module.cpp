#include "module.hpp"

namespace mta_sts::nginx {
namespace {

ngx_int_t add_handler(ngx_conf_t* cf) noexcept {
  auto* main_conf =
      static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  // The handlers of a phase run last registered first: this one before the rewrite module's `return`.
  auto* handler = static_cast<ngx_http_handler_pt*>(
      ngx_array_push(&main_conf->phases[NGX_HTTP_SERVER_REWRITE_PHASE].handlers));
  if (handler == nullptr) {
    return NGX_ERROR;
  }
  *handler = answer_in_server;
  return NGX_OK;
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
    add_variables,     add_handler,       // before and after the http block is read
    create_http_conf,  nullptr,           // main
    nullptr,           nullptr,           // server
    create_block_conf, merge_block_conf,  // location, and server and http as its outer blocks
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
