#pragma once

#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ngx.hpp"

namespace mta_sts::nginx {

/// Makes an object in the configuration's pool, which destroys it; null without memory.
template <typename Object, typename... Arguments>
Object* make_in_pool(ngx_pool_t* pool, Arguments&&... arguments) {
  static_assert(alignof(Object) <= NGX_ALIGNMENT);
  ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(pool, sizeof(Object));
  if (cleanup == nullptr) {
    return nullptr;
  }
  auto* made = new (cleanup->data) Object(std::forward<Arguments>(arguments)...);
  cleanup->handler = [](void* data) { std::destroy_at(static_cast<Object*>(data)); };
  return made;
}

/// Takes a relative path as nginx's `include` does; nothing without memory.
inline std::optional<std::string> full_path(ngx_conf_t* cf, std::string_view written) {
  ngx_str_t path = to_ngx(written);
  return ngx_conf_full_name(cf->cycle, &path, 1) == NGX_OK ? std::optional(std::string(to_view(path)))
                                                           : std::nullopt;
}

/// Gives the words behind the directive that nginx is reading.
inline std::vector<std::string_view> words_of(const ngx_conf_t* cf) {
  const std::span args(static_cast<const ngx_str_t*>(cf->args->elts), cf->args->nelts);
  std::vector<std::string_view> words;
  for (const ngx_str_t& arg : args.subspan(1)) {
    words.push_back(to_view(arg));
  }
  return words;
}

}  // namespace mta_sts::nginx
