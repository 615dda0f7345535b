#include "send.hpp"

namespace mta_sts::nginx {

void set_start(ngx_http_request_t* request, int status, const MediaType& type, std::size_t length) {
  request->headers_out.status = static_cast<ngx_uint_t>(status);
  request->headers_out.content_type = to_ngx(type.text);
  request->headers_out.content_type_len = type.text.size();
  // The filter of gzip would make both for each answer.
  request->headers_out.content_type_lowcase = request->headers_out.content_type.data;
  request->headers_out.content_type_hash = type.hash;
  request->headers_out.content_length_n = static_cast<off_t>(length);
}

bool add_field(ngx_http_request_t* request, std::string_view name, std::string_view value) {
  auto* field = static_cast<ngx_table_elt_t*>(ngx_list_push(&request->headers_out.headers));
  if (field != nullptr) {
    *field = make_field(name, value);
  }
  return field != nullptr;
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

}  // namespace mta_sts::nginx
