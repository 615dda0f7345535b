#pragma once

#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "httpd.hpp"

namespace mta_sts::apache {

/// Makes an object in the pool, which destroys it with the configuration.
template <typename Object, typename... Arguments>
Object* make(apr_pool_t* pool, Arguments&&... arguments) {
  auto* made = new (apr_palloc(pool, sizeof(Object))) Object(std::forward<Arguments>(arguments)...);
  const auto destroy = [](void* object) noexcept -> apr_status_t {
    std::destroy_at(static_cast<Object*>(object));
    return APR_SUCCESS;
  };
  apr_pool_cleanup_register(pool, made, destroy, apr_pool_cleanup_null);
  return made;
}

/// Copies a text into the pool, a NUL behind it.
inline const char* copy(apr_pool_t* pool, std::string_view text) {
  return apr_pstrmemdup(pool, text.data(), text.size());
}

/// A relative path begins at the ServerRoot. One that cannot be resolved can not be opened either: the error
/// names it.
inline const char* full_path(apr_pool_t* pool, const std::string& written) {
  const char* path = ap_server_root_relative(pool, written.c_str());
  return path != nullptr ? path : written.c_str();
}

inline std::vector<std::string_view> split_words(apr_pool_t* pool, const char* line) {
  std::vector<std::string_view> words;
  while (*line != '\0') {
    words.emplace_back(ap_getword_conf(pool, &line));  // takes the quotes off, and the blanks behind
  }
  return words;
}

}  // namespace mta_sts::apache
