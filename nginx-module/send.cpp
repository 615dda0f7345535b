#include "send.hpp"

#include <charconv>

namespace mta_sts::nginx {
namespace {

/// Adds a field behind the others; null without memory. Both texts live as long as the request.
ngx_table_elt_t* push_field(ngx_http_request_t* request, std::string_view name, std::string_view value) {
  auto* field = static_cast<ngx_table_elt_t*>(ngx_list_push(&request->headers_out.headers));
  if (field == nullptr) {
    return nullptr;
  }
  field->hash = 1;
  field->key = to_ngx(name);
  field->value = to_ngx(value);
#if nginx_version >= 1023000
  field->next = nullptr;
#endif
  return field;
}

/// Gives the hash by which nginx's filters look a media type up in their lists.
ngx_uint_t hash_of(std::string_view lower_case) {
  ngx_uint_t hash = 0;
  for (const char c : lower_case) {
    hash = ngx_hash(hash, static_cast<unsigned char>(c));
  }
  return hash;
}

}  // namespace

void set_start(ngx_http_request_t* request, int status, std::string_view content_type, std::size_t length) {
  request->headers_out.status = static_cast<ngx_uint_t>(status);
  request->headers_out.content_type = to_ngx(content_type);
  request->headers_out.content_type_len = content_type.size();
  // The filter of gzip would make both for each answer.
  request->headers_out.content_type_lowcase = request->headers_out.content_type.data;
  request->headers_out.content_type_hash = hash_of(content_type);
  request->headers_out.content_length_n = static_cast<off_t>(length);
}

bool add_length(ngx_http_request_t* request) {
  if (request->http_version >=
      NGX_HTTP_VERSION_20) {  // there a code stands for the name, but for that of no field
    return true;
  }
  constexpr std::size_t digits_limit = 20;
  char* text = static_cast<char*>(ngx_pnalloc(request->pool, digits_limit));
  if (text == nullptr) {
    return false;
  }
  const auto end = std::to_chars(text, text + digits_limit, request->headers_out.content_length_n).ptr;
  request->headers_out.content_length =
      push_field(request, "Content-Length", {text, static_cast<std::size_t>(end - text)});
  return request->headers_out.content_length != nullptr;
}

bool add_field(ngx_http_request_t* request, std::string_view name, std::string_view value) {
  return push_field(request, name, value) != nullptr;
}

bool add_etag(ngx_http_request_t* request, std::string_view etag) {
  request->headers_out.etag = push_field(request, "ETag", etag);
  return request->headers_out.etag != nullptr;
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
