#pragma once

#include <functional>
#include <string_view>

#include "tlsrpt/model/words.hpp"
#include "tlsrpt/read/byte_source.hpp"

namespace mta_sts::tlsrpt {

/// Splits an mbox into its messages and calls `accept` for each; one over mail_limit_bytes is left out and
/// told to `findings`, and so is one that holds what looks like a further message (E_MBOX), which is read all
/// the same. The whole is never in memory. RFC 4155; what programs write in its place: a separator is a line
/// that begins with "From " and ends with weekday, date and time, or one that stands at the beginning or
/// behind a blank line and has a header field behind it.
void split_mbox(BufferedSource& source, Findings& findings,
                const std::function<void(std::string_view)>& accept);

/// Tells whether the text begins with a separator.
[[nodiscard]] bool looks_like_mbox(std::string_view bytes);

}  // namespace mta_sts::tlsrpt
