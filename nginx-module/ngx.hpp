#pragma once

// The one file that includes nginx. Its headers are C.
extern "C" {
#include <ngx_config.h>
// ngx_config.h comes first, always.
#include <ngx_core.h>
#include <ngx_http.h>
}

#include <string_view>

namespace mta_sts::nginx {

/// Views an nginx string; it lives as long as the pool that holds it.
inline std::string_view to_view(const ngx_str_t& text) {
  return {reinterpret_cast<const char*>(text.data), text.len};
}

/// Gives nginx a string of ours. nginx's type is writable, but it writes into nothing that is handed out so.
inline ngx_str_t to_ngx(std::string_view text) {
  return {text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
}

/// Makes a field of a header; both texts live as long as the request.
inline ngx_table_elt_t make_field(std::string_view name, std::string_view value) {
  ngx_table_elt_t field{};
  field.hash = 1;
  field.key = to_ngx(name);
  field.value = to_ngx(value);
  return field;
}

}  // namespace mta_sts::nginx
