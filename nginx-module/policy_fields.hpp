#pragma once

#include "ngx.hpp"
#include "publish/web_answer.hpp"

namespace mta_sts::nginx {

/// The fields of an answer for a policy, one behind the other in nginx's list, which belongs to the request:
/// filters may change them. One whose hash is 0 is not sent.
struct PolicyFields {
  ngx_table_elt_t length;         ///< Content-Length; not over HTTP/2 and 3
  ngx_table_elt_t etag_or_allow;  ///< whichever the answer has
  ngx_table_elt_t cache_control;
  ngx_table_elt_t accel_expires;
};
inline constexpr ngx_uint_t policy_field_count = sizeof(PolicyFields) / sizeof(ngx_table_elt_t);
static_assert(sizeof(PolicyFields) == 4 * sizeof(ngx_table_elt_t));

/// Adds the fields of an answer to the header, its texts as they are: they live as long as the request. From
/// the ETag nginx makes the 304 of a matching If-None-Match; the Content-Length is a field as nginx has it of
/// what it proxies, which costs half of what its own formatting does, and which filters that change the body
/// take off. Null without memory.
[[nodiscard]] PolicyFields* add_policy_fields(ngx_http_request_t* request, const publish::WebAnswer& answer);

}  // namespace mta_sts::nginx
