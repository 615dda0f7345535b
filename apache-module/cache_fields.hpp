#pragma once

#include "httpd.hpp"

namespace mta_sts::apache {

/// Makes the filter known to httpd, each time that the module is loaded.
void register_cache_filter() noexcept;

/// Has the answer tell caches in front to let go of the policy, unless the administrator says something of
/// caches (Header, ExpiresDefault). To be called once the other filters have been inserted.
void add_cache_filter(request_rec& r) noexcept;

}  // namespace mta_sts::apache
