#pragma once

#include <memory>

namespace mta_sts {

/// Deletes a C object with the library's own free function.
template <auto free_function>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};

/// Owns one C object; `Handle<SSL, SSL_free> ssl(SSL_new(ctx));` frees it on every way out.
template <typename T, auto free_function>
using Handle = std::unique_ptr<T, FreeWith<free_function>>;

}  // namespace mta_sts
