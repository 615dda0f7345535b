// What tells caches in front of nginx to let go of a policy gives way to what the administrator says of
// caches: this filter runs behind that of `add_header` and `expires`. The order is in modules.cpp and config.

#include <span>
#include <string_view>

#include "base/ascii.hpp"
#include "module.hpp"
#include "policy_fields.hpp"

namespace mta_sts::nginx {
namespace {

ngx_http_output_header_filter_pt next_filter = nullptr;  // nginx keeps its filters so

/// Tells whether the answer has no fields but ours, as most have: each answer pays for the search.
bool stand_alone(const PolicyFields& ours, const ngx_list_t& list) {
  return list.part.elts == &ours && list.part.nelts == policy_field_count && list.last == &list.part;
}

void give_way(PolicyFields& ours, const ngx_table_elt_t& field) {
  const std::string_view name = to_view(field.key);
  if (ascii::equals_ignoring_case(name, "Cache-Control") || ascii::equals_ignoring_case(name, "Expires")) {
    ours.cache_control.hash = 0;
    ours.accel_expires.hash = 0;
  } else if (ascii::equals_ignoring_case(name, "X-Accel-Expires")) {
    ours.accel_expires.hash = 0;
  }
}

void give_way_to_all(PolicyFields& ours, const ngx_list_t& list) {
  for (const ngx_list_part_t* part = &list.part; part != nullptr; part = part->next) {
    for (const ngx_table_elt_t& field :
         std::span(static_cast<const ngx_table_elt_t*>(part->elts), part->nelts)) {
      const bool is_ours = &field == &ours.cache_control || &field == &ours.accel_expires;
      if (!is_ours && field.hash != 0) {  // 0: taken out
        give_way(ours, field);
      }
    }
  }
}

ngx_int_t filter_header(ngx_http_request_t* request) noexcept {
  const ngx_list_t& list = request->headers_out.headers;
  if (PolicyFields* ours = fields_of_answer(request); ours != nullptr && !stand_alone(*ours, list)) {
    give_way_to_all(*ours, list);
  }
  return next_filter(request);
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
