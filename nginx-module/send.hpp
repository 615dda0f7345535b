#pragma once

#include <cstddef>
#include <string_view>

#include "ngx.hpp"

namespace mta_sts::nginx {

/// Sets status, media type and length of an answer; the type's text lives as long as the request.
void set_start(ngx_http_request_t* request, int status, std::string_view content_type, std::size_t length);

/// Adds a field to the answer's header; both texts live as long as the request. False without memory.
[[nodiscard]] bool add_field(ngx_http_request_t* request, std::string_view name, std::string_view value);

/// Sends bytes that live as long as the request as the whole body, behind the header.
[[nodiscard]] ngx_int_t send_body(ngx_http_request_t* request, std::string_view body);

}  // namespace mta_sts::nginx
