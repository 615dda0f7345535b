// What tells caches in front of nginx to let go of a policy, behind the filter of `add_header` and `expires`:
// what the administrator says of caches stands alone. The order of both is in modules.cpp and config.

#include <array>
#include <string_view>

#include "base/ascii.hpp"
#include "module.hpp"
#include "publish/web_answer.hpp"
#include "send.hpp"

namespace mta_sts::nginx {
namespace {

ngx_http_output_header_filter_pt next_filter = nullptr;  // nginx keeps its filters so

bool has_field(const ngx_http_request_t* request, std::string_view name) {
  for (const ngx_list_part_t* part = &request->headers_out.headers.part; part != nullptr; part = part->next) {
    const auto* fields = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t at = 0; at < part->nelts; ++at) {
      const std::string_view key = to_view(fields[at].key);
      if (fields[at].hash != 0 && key.size() == name.size() && ascii::equals_ignoring_case(key, name)) {
        return true;
      }
    }
  }
  return false;
}

bool add_cache_fields(ngx_http_request_t* request) {
  if (has_field(request, "Cache-Control") || has_field(request, "Expires")) {
    return true;
  }
  return add_field(request, "Cache-Control", publish::cache_control) &&
         (has_field(request, "X-Accel-Expires") ||
          add_field(request, "X-Accel-Expires", publish::accel_expires));
}

ngx_int_t filter_header(ngx_http_request_t* request) noexcept {
  return is_answered(request) && !add_cache_fields(request) ? NGX_ERROR : next_filter(request);
}

ngx_int_t add_filter(ngx_conf_t*) noexcept {
  next_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = filter_header;
  return NGX_OK;
}

ngx_http_module_t filter_context = {
    nullptr, add_filter,  // before and after the http block is read
    nullptr, nullptr,     // main
    nullptr, nullptr,     // server
    nullptr, nullptr,     // location
};

}  // namespace
}  // namespace mta_sts::nginx

extern "C" {
ngx_module_t ngx_http_mta_sts_filter_module = {
    NGX_MODULE_V1,
    &mta_sts::nginx::filter_context,
    nullptr,  // commands
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
