#pragma once

#include <string_view>

namespace mta_sts::publish {

/// Tells whether a text has what stands around placeholders and in no host name: <mx-host>, {domain}, [your
/// MX], $MX, %DOMAIN%, ...
[[nodiscard]] bool has_placeholder_marks(std::string_view text);

/// What to say of an mx in which a placeholder was left; a sentence.
inline constexpr std::string_view placeholder_sentence =
    "This is the placeholder of an example: write the name of an MX host of the domain, one line for each.";

/// Tells whether a name is one of RFC 2606 section 3 (example.com, example.net, example.org), or below it.
/// Case counts: `name` is in lower case.
[[nodiscard]] bool is_documentation_name(std::string_view name);

/// Tells whether what stands behind "mx:" is a placeholder that was copied from an example and never
/// replaced: a name of example.com, of a documentation's company, "mail.yourdomain.com", or brackets around
/// words. `text` may be any bytes.
[[nodiscard]] bool is_placeholder(std::string_view text);

}  // namespace mta_sts::publish
