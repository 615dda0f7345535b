// The mta_sts_metrics directive: what the workers counted, for Prometheus.

#include <chrono>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "base/guarded.hpp"
#include "location_handler.hpp"
#include "metrics/page.hpp"
#include "module.hpp"
#include "pool.hpp"
#include "send.hpp"

namespace mta_sts::nginx {
namespace {

// The counters, and what nginx's allocator keeps in front of them.
constexpr std::size_t zone_bytes = 64UL * 1024;
static_assert(sizeof(metrics::Counters) < zone_bytes / 2);

constexpr MediaType page_type{metrics::page_content_type};

/// Makes the counters in a new zone, or takes those of the configuration before.
ngx_int_t init_counters(ngx_shm_zone_t* zone, void* before) noexcept {
  if (before != nullptr) {
    zone->data = before;
    return NGX_OK;
  }
  auto* allocator = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
  void* memory = ngx_slab_alloc(allocator, sizeof(metrics::Counters));  // whole pages, so it is aligned
  if (memory == nullptr) {
    return NGX_ERROR;
  }
  zone->data = new (memory) metrics::Counters;
  return NGX_OK;
}

ngx_int_t send_page(ngx_http_request_t* request, int status, const MediaType& type, std::string body) {
  const ngx_int_t discarded = ngx_http_discard_request_body(request);
  if (discarded != NGX_OK) {
    return discarded;
  }
  const auto* kept = make_in_pool<std::string>(request->pool, std::move(body));
  if (kept == nullptr) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  set_start(request, status, type, kept->size());
  const bool has_fields = add_field(request, "Cache-Control", "no-store") &&
                          (status == NGX_HTTP_OK || add_field(request, "Allow", metrics::page_methods));
  if (!has_fields) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  const ngx_int_t code = ngx_http_send_header(request);
  return code == NGX_ERROR || code > NGX_OK || request->header_only ? code : send_body(request, *kept);
}

ngx_int_t show_page(ngx_http_request_t* request) noexcept {
  return guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [&]() -> ngx_int_t {
    if (request->method != NGX_HTTP_GET && request->method != NGX_HTTP_HEAD) {
      return send_page(request, NGX_HTTP_NOT_ALLOWED, plain_text, std::string(metrics::page_refusal));
    }
    const HttpConf& http = http_conf(request);
    const auto* counters = static_cast<const metrics::Counters*>(http.counters->data);
    const std::chrono::milliseconds now(ngx_current_msec);
    return send_page(request, NGX_HTTP_OK, page_type,
                     metrics::render_page({.version = MTA_STS_VERSION, .server = NGINX_VER}, counters->sums(),
                                          metrics::sample_stores(http.stores, now)));
  });
}

}  // namespace

char* read_metrics_directive(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept {
  auto& http = *static_cast<HttpConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_mta_sts_module));
  if (!set_location_handler(cf, *static_cast<BlockConf*>(conf), show_page)) {
    return static_cast<char*>(NGX_CONF_ERROR);
  }
  ngx_str_t name = ngx_string("mta_sts_metrics");
  http.counters = ngx_shared_memory_add(cf, &name, zone_bytes, &ngx_http_mta_sts_module);
  if (http.counters == nullptr) {
    return static_cast<char*>(NGX_CONF_ERROR);
  }
  http.counters->init = init_counters;
  return NGX_CONF_OK;
}

}  // namespace mta_sts::nginx
