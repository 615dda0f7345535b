#pragma once

#include <optional>
#include <string>

#include "ngx.hpp"

namespace mta_sts::nginx {

/// Says why no request for the policy can come to a location, as `never-reached: …` for the log; nothing
/// where one can. To be asked once the whole location was read.
[[nodiscard]] std::optional<std::string> why_never_reached(const ngx_http_core_loc_conf_t& location);

/// Tells whether senders can mean this server: one of its names may begin with `mta-sts.`, or it has none, or
/// it answers for every name at one of its addresses. RFC 8461 section 3.3. To be asked once the whole http
/// block was read.
[[nodiscard]] bool is_policy_host(ngx_conf_t* cf);

}  // namespace mta_sts::nginx
