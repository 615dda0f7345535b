// What tells caches in front of nginx to let go of a policy, behind the filter of `add_header` and `expires`:
// what the administrator says of caches stands alone. The order of both is in modules.cpp and config.

#include <cstddef>
#include <span>
#include <string_view>

#include "base/ascii.hpp"
#include "module.hpp"
#include "publish/web_answer.hpp"
#include "send.hpp"

namespace mta_sts::nginx {
namespace {

ngx_http_output_header_filter_pt next_filter = nullptr;  // nginx keeps its filters so

constexpr std::string_view cache_control_name = "Cache-Control";
constexpr std::string_view accel_expires_name = "X-Accel-Expires";
constexpr std::string_view expires_name = "Expires";

/// Which of the fields an answer has already; looked for in one go, since each answer pays for it.
struct CacheFields {
  bool has_words = false;  ///< Cache-Control or Expires
  bool has_accel = false;  ///< X-Accel-Expires
};

CacheFields find_cache_fields(const ngx_http_request_t* request) {
  CacheFields found;
  for (const ngx_list_part_t* part = &request->headers_out.headers.part; part != nullptr; part = part->next) {
    for (const ngx_table_elt_t& field :
         std::span(static_cast<const ngx_table_elt_t*>(part->elts), part->nelts)) {
      const std::size_t bytes = field.key.len;
      const bool may_be = bytes == cache_control_name.size() || bytes == accel_expires_name.size() ||
                          bytes == expires_name.size();
      if (!may_be || field.hash == 0) {  // of another length, or taken out
        continue;
      }
      const std::string_view key = to_view(field.key);
      found.has_words = found.has_words || ascii::equals_ignoring_case(key, cache_control_name) ||
                        ascii::equals_ignoring_case(key, expires_name);
      found.has_accel = found.has_accel || ascii::equals_ignoring_case(key, accel_expires_name);
    }
  }
  return found;
}

bool add_cache_fields(ngx_http_request_t* request) {
  const CacheFields found = find_cache_fields(request);
  return found.has_words ||
         (add_field(request, cache_control_name, publish::cache_control) &&
          (found.has_accel || add_field(request, accel_expires_name, publish::accel_expires)));
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
