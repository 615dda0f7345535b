#include "cache_fields.hpp"

#include "publish/web_answer.hpp"

namespace mta_sts::apache {
namespace {

ap_filter_rec_t* cache_filter = nullptr;  // httpd's, made as the module is loaded

bool has_field(const request_rec& r, const char* name) {
  return apr_table_get(r.headers_out, name) != nullptr || apr_table_get(r.err_headers_out, name) != nullptr;
}

apr_status_t set_cache_fields(ap_filter_t* filter, apr_bucket_brigade* brigade) noexcept {
  const request_rec& r = *filter->r;
  if (!has_field(r, "Cache-Control") && !has_field(r, "Expires")) {
    apr_table_setn(r.headers_out, "Cache-Control", publish::cache_control.data());
    if (!has_field(r, "X-Accel-Expires")) {
      apr_table_setn(r.headers_out, "X-Accel-Expires", publish::accel_expires.data());
    }
  }
  ap_filter_t* const next = filter->next;
  ap_remove_output_filter(filter);
  return ap_pass_brigade(next, brigade);
}

}  // namespace

void register_cache_filter() noexcept {
  // Behind mod_headers and mod_expires (AP_FTYPE_CONTENT_SET), in front of what writes the header.
  constexpr auto place = static_cast<ap_filter_type>(AP_FTYPE_PROTOCOL - 1);
  cache_filter = ap_register_output_filter("mta-sts-cache-fields", set_cache_fields, nullptr, place);
}

void add_cache_filter(request_rec& r) noexcept {
  ap_add_output_filter_handle(cache_filter, nullptr, &r, r.connection);
}

}  // namespace mta_sts::apache
