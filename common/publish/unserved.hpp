#pragma once

#include <string_view>

namespace mta_sts::publish {

/// Tells whether a request that something else in the server answered shows that senders do not get the
/// policy: a GET or HEAD of its path, `target` as clients write it with any query, and a `status` that is no
/// fault of the client's own (a bad request, or one that it gave up). RFC 8461 section 3.3.
[[nodiscard]] bool shows_hindrance(std::string_view method, std::string_view target, int status);

}  // namespace mta_sts::publish
