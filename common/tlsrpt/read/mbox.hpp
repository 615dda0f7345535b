#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "tlsrpt/model/words.hpp"
#include "tlsrpt/read/byte_source.hpp"

namespace mta_sts::tlsrpt {

/// What the first message of a text stands behind.
enum class FirstMessage : std::uint8_t {
  behind_separator,  ///< an mbox
  at_begin,          ///< a mail, which may be an mbox whose first line was lost
};

/// Splits an mbox into its messages and calls `accept` for each; one over mail_limit_bytes is left out and
/// told to `findings`, and so is one that holds what looks like a further message (E_MBOX), which is read all
/// the same. The whole is never in memory. RFC 4155; what programs write in its place: a separator has a
/// header field behind it, and ends with a date and time, or stands at the beginning or behind a blank line.
/// Where a mail stands at the beginning only dated ones separate, outside of a multipart.
void split_mbox(BufferedSource& source, FirstMessage first, Findings& findings,
                const std::function<void(std::string_view)>& accept);

/// Tells whether a mail has two lines that begin with From, one of which may be another mail's: the rest need
/// no splitting.
[[nodiscard]] bool may_hold_mails(std::string_view mail);

/// Tells whether the text begins with a separator.
[[nodiscard]] bool looks_like_mbox(std::string_view bytes);

}  // namespace mta_sts::tlsrpt
