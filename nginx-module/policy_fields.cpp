#include "policy_fields.hpp"

#include <charconv>
#include <cstddef>
#include <new>
#include <string_view>

namespace mta_sts::nginx {
namespace {

/// Gives the digits of a body's size; nothing without memory.
std::string_view make_length(ngx_http_request_t* request, std::size_t bytes) {
  constexpr std::size_t digits_limit = 20;
  char* text = static_cast<char*>(ngx_pnalloc(request->pool, digits_limit));
  if (text == nullptr) {
    return {};
  }
  const auto end = std::to_chars(text, text + digits_limit, bytes).ptr;
  return {text, static_cast<std::size_t>(end - text)};
}

/// Gives room for all fields in one part of a list; null without memory.
void* push_policy_fields(ngx_list_t& list) {
  while (list.nalloc - list.last->nelts < policy_field_count) {
    auto* unused = static_cast<ngx_table_elt_t*>(ngx_list_push(&list));
    if (unused == nullptr) {
      return nullptr;
    }
    unused->hash = 0;
  }
  void* room = static_cast<ngx_table_elt_t*>(list.last->elts) + list.last->nelts;
  list.last->nelts += policy_field_count;
  return room;
}

}  // namespace

PolicyFields* add_policy_fields(ngx_http_request_t* request, const publish::WebAnswer& answer) {
  // In HTTP/2 and 3 a code stands for the name of a length that is no field.
  const bool has_length = request->http_version < NGX_HTTP_VERSION_20;
  const std::string_view length = has_length ? make_length(request, answer.body.size()) : std::string_view{};
  if (has_length && length.empty()) {
    return nullptr;
  }
  void* room = push_policy_fields(request->headers_out.headers);
  if (room == nullptr) {
    return nullptr;
  }
  const bool has_etag = !answer.etag.empty();
  auto* fields = new (room) PolicyFields{
      .length = make_field("Content-Length", length),
      .etag_or_allow = has_etag ? make_field("ETag", answer.etag) : make_field("Allow", answer.allow),
      .cache_control = make_field("Cache-Control", publish::cache_control),
      .accel_expires = make_field("X-Accel-Expires", publish::accel_expires)};
  if (has_length) {
    request->headers_out.content_length = &fields->length;
  } else {
    fields->length.hash = 0;
  }
  if (has_etag) {
    request->headers_out.etag = &fields->etag_or_allow;
  } else if (answer.allow.empty()) {
    fields->etag_or_allow.hash = 0;
  }
  return fields;
}

}  // namespace mta_sts::nginx
