#pragma once

#include <cstddef>
#include <string_view>

#include "ngx.hpp"

namespace mta_sts::nginx {

/// Sets status, media type and length of an answer; the type's text, in lower case, lives as long as the
/// request.
void set_start(ngx_http_request_t* request, int status, std::string_view content_type, std::size_t length);

/// Adds a field to the answer's header; both texts live as long as the request. False without memory.
[[nodiscard]] bool add_field(ngx_http_request_t* request, std::string_view name, std::string_view value);

/// Adds the ETag, in double quotes, from which nginx makes the 304 of a matching If-None-Match. False without
/// memory.
[[nodiscard]] bool add_etag(ngx_http_request_t* request, std::string_view etag);

/// Adds the Content-Length that set_start() was given as a field, as nginx has it of what it proxies: that
/// costs half of what its own formatting does. Filters that change the body take it off as they do there.
/// False without memory.
[[nodiscard]] bool add_length(ngx_http_request_t* request);

/// Sends bytes that live as long as the request as the whole body, behind the header.
[[nodiscard]] ngx_int_t send_body(ngx_http_request_t* request, std::string_view body);

}  // namespace mta_sts::nginx
