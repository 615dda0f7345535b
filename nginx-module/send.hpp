#pragma once

#include <cstddef>
#include <string_view>

#include "ngx.hpp"
#include "publish/web_answer.hpp"

namespace mta_sts::nginx {

/// A media type in lower case, and the hash by which nginx's filters look it up in their lists.
struct MediaType {
  std::string_view text;
  ngx_uint_t hash = 0;

  // At compile time: each answer would pay for it.
  consteval explicit MediaType(std::string_view lower_case) : text(lower_case) {
    for (const char c : lower_case) {
      hash = ngx_hash(hash, static_cast<unsigned char>(c));
    }
  }
};
inline constexpr MediaType plain_text{publish::answer_content_type};

/// Sets status, media type and length of an answer; the type's text lives as long as the request.
void set_start(ngx_http_request_t* request, int status, const MediaType& type, std::size_t length);

/// Adds a field to the answer's header; both texts live as long as the request. False without memory.
[[nodiscard]] bool add_field(ngx_http_request_t* request, std::string_view name, std::string_view value);

/// Sends bytes that live as long as the request as the whole body, behind the header.
[[nodiscard]] ngx_int_t send_body(ngx_http_request_t* request, std::string_view body);

}  // namespace mta_sts::nginx
