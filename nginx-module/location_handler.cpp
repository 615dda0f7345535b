#include "location_handler.hpp"

namespace mta_sts::nginx {
namespace {

ngx_http_core_loc_conf_t& location_of(ngx_conf_t* cf) {
  return *static_cast<ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
}

void log_two_handlers(ngx_conf_t* cf, ngx_str_t directive, ngx_str_t file, ngx_uint_t line) {
  ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                "%V: two-handlers: this location has another handler too (as with proxy_pass); put %V into a "
                "location of its own (mta_sts may also stand in the server) in %V:%ui",
                &directive, &directive, &file, line);
}

}  // namespace

bool set_location_handler(ngx_conf_t* cf, BlockConf& block, ngx_http_handler_pt handler) {
  const ngx_str_t directive = *static_cast<const ngx_str_t*>(cf->args->elts);
  ngx_http_core_loc_conf_t& location = location_of(cf);
  if (location.handler != nullptr) {
    log_two_handlers(cf, directive, cf->conf_file->file.name, cf->conf_file->line);
    return false;
  }
  location.handler = handler;
  block.handler = handler;
  block.directive = directive;
  block.file = cf->conf_file->file.name;
  block.line = cf->conf_file->line;
  return true;
}

bool has_kept_handler(ngx_conf_t* cf, const BlockConf& block) {
  const bool is_kept = block.handler == nullptr || location_of(cf).handler == block.handler;
  if (!is_kept) {
    log_two_handlers(cf, block.directive, block.file, block.line);
  }
  return is_kept;
}

void take_location_handler(ngx_conf_t* cf, const BlockConf& outer, BlockConf& block) {
  ngx_http_core_loc_conf_t& location = location_of(cf);
  if (!location.noname) {
    return;
  }
  block.spool = outer.spool;
  if (location.lmt_excpt && location.handler == nullptr) {
    location.handler = outer.handler;
  }
}

}  // namespace mta_sts::nginx
