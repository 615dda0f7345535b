// `SetHandler mta-sts-metrics`: what the children counted, for Prometheus.

#include "metrics.hpp"

#include <sys/mman.h>

#include <chrono>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.hpp"
#include "metrics/page.hpp"
#include "pool.hpp"
#include "server_config.hpp"

APLOG_USE_MODULE(mta_sts);

namespace mta_sts::apache {
namespace {

/// Gives the counters of this httpd, made with its first configuration; null without memory. httpd unloads
/// the module at a graceful restart: the memory belongs to the process, and the name says how it is laid out.
metrics::Counters* counters_of(apr_pool_t* process_pool) {
  const std::string name = "mta-sts-counters-" + metrics::counters_layout();
  void* memory = nullptr;
  apr_pool_userdata_get(&memory, name.c_str(), process_pool);
  if (memory != nullptr) {
    return static_cast<metrics::Counters*>(memory);
  }
  memory =
      ::mmap(nullptr, sizeof(metrics::Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return nullptr;
  }
  auto* made = new (memory) metrics::Counters;
  apr_pool_userdata_set(made, name.c_str(), apr_pool_cleanup_null, process_pool);
  return made;
}

int send_page(request_rec& r, std::string_view content_type, const std::string& body) {
  ap_set_content_type(&r, copy(r.pool, content_type));
  ap_set_content_length(&r, static_cast<apr_off_t>(body.size()));
  apr_table_setn(r.headers_out, "Cache-Control", "no-store");
  if (r.header_only == 0) {
    ap_rwrite(body.data(), static_cast<int>(body.size()), &r);
  }
  return OK;
}

std::vector<store::ServedStore*> stores_of_all_servers() {
  std::vector<store::ServedStore*> stores;
  for (const server_rec* server = ap_server_conf; server != nullptr; server = server->next) {
    if (store::ServedStore* const store = config_of(*server).store; store != nullptr) {
      stores.push_back(store);
    }
  }
  return stores;
}

int show_page(request_rec& r) {
  if (r.method_number != M_GET) {
    r.status = HTTP_METHOD_NOT_ALLOWED;
    apr_table_setn(r.headers_out, "Allow", copy(r.pool, metrics::page_methods));
    return send_page(r, "text/plain", std::string(metrics::page_refusal));
  }
  const metrics::Counters* const counters = config_of(*r.server).counters;
  if (counters == nullptr) {
    return HTTP_SERVICE_UNAVAILABLE;
  }
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  return send_page(
      r, metrics::page_content_type,
      metrics::render_page({.version = MTA_STS_VERSION, .server = ap_get_server_description()},
                           counters->sums(), metrics::sample_stores(stores_of_all_servers(), now)));
}

}  // namespace

int share_counters(apr_pool_t*, apr_pool_t*, apr_pool_t*, server_rec* main_server) noexcept {
  return guarded<int>(OK, [&] {
    metrics::Counters* const counters = counters_of(main_server->process->pool);
    if (counters == nullptr) {
      ap_log_error(
          APLOG_MARK, APLOG_WARNING, 0, main_server,
          "MtaSts: no memory that the children share: nothing is counted, and mta-sts-metrics answers 503 "
          "until a restart finds some");
    }
    for (const server_rec* server = main_server; server != nullptr; server = server->next) {
      config_of(*server).counters = counters;
    }
    return OK;
  });
}

int show_metrics(request_rec* r) noexcept {
  return guarded<int>(HTTP_INTERNAL_SERVER_ERROR, [&] {
    return r->handler != nullptr && std::strcmp(r->handler, "mta-sts-metrics") == 0 ? show_page(*r)
                                                                                    : DECLINED;
  });
}

}  // namespace mta_sts::apache
