#pragma once

#include <functional>
#include <string_view>

#include "tlsrpt/read/mail.hpp"

namespace mta_sts::tlsrpt {

/// Gives the parts of a mail of the shape that senders of reports write, as read_mail does but without its
/// library, which costs ten times as much: one part or a multipart of leaves, sent as they are or in base64,
/// in header fields without comments, escapes, encoded words or continued parameters. False, and nothing
/// given, where anything about the mail is not of that shape: read_mail decides what such a mail means.
/// Source: RFC 2045, RFC 2046 section 5.1.
[[nodiscard]] bool read_plain_mail(std::string_view bytes, const std::function<void(MailPart&)>& accept);

}  // namespace mta_sts::tlsrpt
