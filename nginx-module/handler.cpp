#include "base/guarded.hpp"
#include "module.hpp"
#include "publish/web_answer.hpp"

namespace mta_sts::nginx {
namespace {

bool add_field(ngx_http_request_t* request, std::string_view name, std::string_view value) {
  auto* field = static_cast<ngx_table_elt_t*>(ngx_list_push(&request->headers_out.headers));
  if (field == nullptr) {
    return false;
  }
  field->hash = 1;
  field->key = to_ngx(name);
  field->value = to_ngx(value);
#if nginx_version >= 1023000
  field->next = nullptr;
#endif
  return true;
}

bool set_etag(ngx_http_request_t* request, std::string_view etag) {
  if (!add_field(request, "ETag", etag)) {
    return false;
  }
  // The last element of the list: nginx makes the 304 of a matching If-None-Match from this pointer.
  const ngx_list_part_t& part = *request->headers_out.headers.last;
  request->headers_out.etag = static_cast<ngx_table_elt_t*>(part.elts) + (part.nelts - 1);
  return true;
}

bool set_head(ngx_http_request_t* request, const publish::WebAnswer& answer) {
  request->headers_out.status = static_cast<ngx_uint_t>(answer.status);
  request->headers_out.content_type = to_ngx(answer.content_type);
  request->headers_out.content_type_len = answer.content_type.size();
  request->headers_out.content_type_lowcase = nullptr;
  request->headers_out.content_length_n = static_cast<off_t>(answer.body.size());
#if (NGX_HTTP_GZIP)
  // RFC 8461 section 3.3: senders get no content coding, whatever `gzip` says here.
  request->gzip_tested = 1;
  request->gzip_ok = 0;
#endif
  // RFC 9110 section 13.1.4: ignored where there is no date of modification; nginx would answer 412.
  request->headers_in.if_unmodified_since = nullptr;
  if (!answer.allow.empty() && !add_field(request, "Allow", answer.allow)) {
    return false;
  }
  return answer.etag.empty() || set_etag(request, answer.etag);
}

ngx_int_t send_body(ngx_http_request_t* request, std::string_view body) {
  auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(request->pool));
  if (buffer == nullptr) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  const ngx_str_t bytes = to_ngx(body);
  buffer->pos = bytes.data;
  buffer->last = bytes.data + bytes.len;
  buffer->memory = 1;  // read only: filters that change it copy it first
  buffer->last_buf = request == request->main ? 1 : 0;
  buffer->last_in_chain = 1;
  ngx_chain_t out = {buffer, nullptr};
  return ngx_http_output_filter(request, &out);
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

}  // namespace

ngx_int_t answer_in_server(ngx_http_request_t* request) noexcept {
  return guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [&]() -> ngx_int_t {
    const BlockConf& block = block_conf(request);
    // What nginx asks of itself (error_page, try_files, SSI) is no request for the policy.
    if (block.policy == nullptr || request != request->main || request->internal) {
      return NGX_DECLINED;
    }
    return answer_with(request, *block.policy);
  });
}

ngx_int_t answer_in_location(ngx_http_request_t* request) noexcept {
  return guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [&]() -> ngx_int_t {
    const BlockConf& block = block_conf(request);
    return block.policy == nullptr ? NGX_DECLINED : answer_with(request, *block.policy);
  });
}

}  // namespace mta_sts::nginx
