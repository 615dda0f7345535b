// Requests for the policy of a location that something else answered: `return`, `deny` and the like come
// before the content of a location, and their configuration is private to the modules of nginx that bring
// them.

#include <chrono>
#include <string>
#include <string_view>

#include "base/guarded.hpp"
#include "base/log_limit.hpp"
#include "module.hpp"
#include "publish/unserved.hpp"
#include "publish/web_answer.hpp"

namespace mta_sts::nginx {
namespace {

/// To HTTPS, where senders ask: they do not see the redirect.
bool leads_to_https(const ngx_http_request_t* request) {
  const ngx_table_elt_t* location = request->headers_out.location;
#if (NGX_HTTP_SSL)
  if (request->connection->ssl != nullptr) {
    return false;
  }
#endif
  return location != nullptr &&
         to_view(location->value)
             .starts_with("https://" + std::string(to_view(request->headers_in.server)) + "/");
}

/// Names what answers with a status before, or in place of, the content of a location.
std::string_view likely_directives(ngx_uint_t status) {
  switch (status) {
    case NGX_HTTP_UNAUTHORIZED:
      return "auth_basic or auth_request";
    case NGX_HTTP_FORBIDDEN:
      return "deny, auth_request or return";
    case NGX_HTTP_NOT_FOUND:
      return "try_files, rewrite, return or another location";
    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
      return "limit_req, limit_conn or return";
    default:
      return "return, rewrite or another location";
  }
}

void log_unserved(const ngx_http_request_t* request, const BlockConf& block, ngx_uint_t status) {
  static LogLimit limit;
  if (!limit.take(std::chrono::milliseconds(ngx_current_msec))) {
    return;
  }
  ngx_str_t file = block.file;
  ngx_str_t likely = to_ngx(likely_directives(status));
  ngx_log_error(
      NGX_LOG_ERR, request->connection->log, 0,
      "mta_sts: policy-not-served: a request for the policy was answered %ui, likely by %V, before the "
      "mta_sts of a location had its turn; put mta_sts into the server, where it comes first, in place of "
      "%V:%ui",
      status, &likely, &file, block.line);
}

}  // namespace

ngx_int_t note_unserved(ngx_http_request_t* request) noexcept {
  return guarded<ngx_int_t>(NGX_OK, [&]() -> ngx_int_t {
    const auto* server =
        static_cast<const ServerConf*>(ngx_http_get_module_srv_conf(request, ngx_http_mta_sts_module));
    const BlockConf* block = server->location;
    if (block == nullptr || request != request->main || fields_of_answer(request) != nullptr) {
      return NGX_OK;
    }
    const ngx_uint_t status = request->err_status != 0 ? request->err_status : request->headers_out.status;
    const bool is_for_policy = block->policy != nullptr ||
                               !publish::policy_domain_of_host(to_view(request->headers_in.server)).empty();
    if (is_for_policy && !leads_to_https(request) &&
        publish::shows_hindrance(to_view(request->method_name), to_view(request->unparsed_uri),
                                 static_cast<int>(status))) {
      log_unserved(request, *block, status);
    }
    return NGX_OK;
  });
}

}  // namespace mta_sts::nginx
