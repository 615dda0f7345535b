#pragma once

#include "module.hpp"

namespace mta_sts::nginx {

/// Makes a handler that of the location whose directive nginx is reading. False where the location has one
/// already; the log says so.
[[nodiscard]] bool set_location_handler(ngx_conf_t* cf, BlockConf& block, ngx_http_handler_pt handler);

/// Tells whether a location still has the handler that a directive of ours gave it, which a later directive
/// (as proxy_pass) may have replaced; the log says so. To be asked once the whole location was read.
[[nodiscard]] bool has_kept_handler(ngx_conf_t* cf, const BlockConf& block);

/// Gives a block in a location, which has no path of its own, what the handler of the location needs: nginx
/// runs that handler with the configuration of an `if`, and runs none in a limit_except.
void take_location_handler(ngx_conf_t* cf, const BlockConf& outer, BlockConf& block);

}  // namespace mta_sts::nginx
