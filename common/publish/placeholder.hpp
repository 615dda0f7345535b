#pragma once

#include <string_view>

namespace mta_sts::publish {

/// Tells whether a text has what stands around placeholders and in no host name: <mx-host>, {domain}, [your
/// MX], $MX, %DOMAIN%, ...
[[nodiscard]] bool has_placeholder_marks(std::string_view text);

/// Tells whether what stands behind "mx:" is a placeholder that was copied from an example and never
/// replaced: a name of example.com, of a documentation's company, "mail.yourdomain.com", or brackets around
/// words. `text` may be any bytes.
[[nodiscard]] bool is_placeholder(std::string_view text);

}  // namespace mta_sts::publish
