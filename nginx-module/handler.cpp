#include <chrono>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "base/fault.hpp"
#include "base/guarded.hpp"
#include "base/log_limit.hpp"
#include "module.hpp"
#include "policy_fields.hpp"
#include "publish/web_answer.hpp"
#include "send.hpp"

namespace mta_sts::nginx {
namespace {

bool set_head(ngx_http_request_t* request, const publish::WebAnswer& answer) {
  set_start(request, answer.status, plain_text, answer.body.size());
#if (NGX_HTTP_GZIP)
  // RFC 8461 section 3.3: senders get no content coding, whatever `gzip` says here; filters of others, such
  // as that of brotli, look at the field.
  request->gzip_tested = 1;
  request->gzip_ok = 0;
  request->headers_in.accept_encoding = nullptr;
#endif
  // RFC 9110 section 13.1.4: ignored where there is no date of modification; nginx would answer 412.
  request->headers_in.if_unmodified_since = nullptr;
  // Nginx would take it for a change, beside an If-None-Match that matches (RFC 9110 section 13.1.3).
  request->headers_in.if_modified_since = nullptr;
  PolicyFields* fields = add_policy_fields(request, answer);
  if (fields != nullptr) {
    set_answered(request, *fields);
  }
  return fields != nullptr;
}

/// Logs, once a minute, that a filter of this server took the length off: it is about to change the body.
void log_filtered(ngx_http_request_t* request, const publish::WebAnswer& answer) {
  static LogLimit limit;
  const bool is_ours = request->headers_out.status == static_cast<ngx_uint_t>(answer.status);  // and no 304
  if (request != request->main || !is_ours ||
      request->headers_out.content_length_n == static_cast<off_t>(answer.body.size()) ||
      !limit.take(std::chrono::milliseconds(ngx_current_msec))) {
    return;
  }
  ngx_log_error(NGX_LOG_ERR, request->connection->log, 0,
                "mta_sts: policy-filtered: a filter of this server (as ssi, sub_filter, add_after_body, "
                "source_charset, add_trailer) changes the policy's answer; take text/plain off its types, or "
                "give the policy a server of its own");
}

ngx_int_t send(ngx_http_request_t* request, const publish::WebAnswer& answer) {
  // First, so that the connection can go on after a refused request with a body.
  ngx_int_t code = ngx_http_discard_request_body(request);
  if (code != NGX_OK) {
    return code;
  }
  if (!set_head(request, answer)) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  code = ngx_http_send_header(request);
  count(request, metrics::counted_answer(static_cast<int>(request->headers_out.status)));
  log_filtered(request, answer);
  if (code == NGX_ERROR || code > NGX_OK || request->header_only || !answer.send_body) {
    return code;
  }
  return send_body(request, answer.body);
}

/// Answers what is the policy's; NGX_DECLINED leaves the request to the rest of nginx.
ngx_int_t answer_with(ngx_http_request_t* request, const publish::PublishedPolicy& policy) {
  const auto answer = publish::answer_request(to_view(request->method_name), to_view(request->uri), policy);
  return answer ? send(request, *answer) : NGX_DECLINED;
}

/// Keeps what the store gave for as long as the answer is sent; nothing without memory.
std::optional<publish::PolicyBytes> keep_policy(ngx_http_request_t* request,
                                                const store::StoredPolicyView& policy) {
  void* room =
      ngx_palloc(request->pool, sizeof(Served) + policy.id.size() + policy.etag.size() + policy.body.size());
  if (room == nullptr) {
    return std::nullopt;
  }
  char* free = static_cast<char*>(room) + sizeof(Served);
  const auto keep = [&free](std::string_view text) {
    std::memcpy(free, text.data(), text.size());
    free += text.size();
    return std::string_view(free - text.size(), text.size());
  };
  auto* served = new (room) Served{.id = to_ngx(keep(policy.id)), .mode = policy.mode};
  ngx_http_set_ctx(request, served, ngx_http_mta_sts_module);
  return publish::PolicyBytes{.body = keep(policy.body), .etag = keep(policy.etag)};
}

void log_fault(ngx_http_request_t* request, store::ServedStore& store, const store::StoreError& error,
               std::chrono::milliseconds now) {
  if (!store.is_to_be_logged(now)) {
    return;
  }
  const std::string line = to_line(store::to_string(error.code), error.detail);
  ngx_str_t text = to_ngx(line);
  ngx_log_error(NGX_LOG_ERR, request->connection->log, 0, "mta_sts: %V", &text);
}

/// Answers with what a store has for the request's Host; NGX_DECLINED leaves the request to the rest of
/// nginx.
ngx_int_t answer_from(ngx_http_request_t* request, store::ServedStore& store) {
  const std::string_view path = to_view(request->uri);
  if (path != publish::policy_path) {
    return NGX_DECLINED;
  }
  const std::string_view domain = publish::policy_domain_of_host(to_view(request->headers_in.server));
  if (domain.empty()) {
    return NGX_DECLINED;
  }
  const std::string_view method = to_view(request->method_name);
  const std::chrono::milliseconds now(ngx_current_msec);
  std::optional<publish::WebAnswer> answer;
  const auto found = store.lookup(domain, now, [&](const std::optional<store::StoredPolicyView>& policy) {
    if (!policy) {
      answer = publish::answer_without_policy(method, path, publish::NoPolicy::unknown_domain);
    } else if (const auto kept = keep_policy(request, *policy)) {
      answer = publish::answer_request(method, path, *kept);
    }
  });
  if (!found) {
    count(request, metrics::Counted::store_fault);
    log_fault(request, store, found.error(), now);
    answer = publish::answer_without_policy(method, path, publish::NoPolicy::unavailable);
  }
  return answer ? send(request, *answer) : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

ngx_int_t answer(ngx_http_request_t* request, const BlockConf& block) {
  if (block.store != nullptr) {
    return answer_from(request, *block.store);
  }
  return block.policy == nullptr ? NGX_DECLINED : answer_with(request, *block.policy);
}

}  // namespace

ngx_int_t answer_in_server(ngx_http_request_t* request) noexcept {
  return guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [&]() -> ngx_int_t {
    const BlockConf& block = block_conf(request);
    // What nginx asks of itself (error_page, try_files, SSI) is no request for the policy.
    if (!block.serves() || request != request->main || request->internal) {
      return NGX_DECLINED;
    }
    return answer(request, block);
  });
}

ngx_int_t answer_in_location(ngx_http_request_t* request) noexcept {
  return guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR,
                            [&]() -> ngx_int_t { return answer(request, block_conf(request)); });
}

}  // namespace mta_sts::nginx
