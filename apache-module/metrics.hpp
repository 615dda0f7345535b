#pragma once

#include "httpd.hpp"

namespace mta_sts::apache {

/// Gives every server the counters of all children, which a graceful restart keeps. A post_config hook.
[[nodiscard]] int share_counters(apr_pool_t*, apr_pool_t*, apr_pool_t*, server_rec* main_server) noexcept;

/// Shows what was counted, for Prometheus, where `SetHandler mta-sts-metrics` says so. A handler; DECLINED
/// elsewhere.
[[nodiscard]] int show_metrics(request_rec* r) noexcept;

}  // namespace mta_sts::apache
