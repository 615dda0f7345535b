#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::tlsrpt {

/// Names the format of bytes that are not read here but that a report may be inside of, and what to do with
/// them: "an Outlook message (.msg): save it as .eml". Nothing where the bytes are of no such format.
/// `media_type` is that of a mail's part, lower case, or empty.
[[nodiscard]] std::optional<std::string> foreign_format(std::string_view bytes,
                                                        std::string_view media_type = {});

}  // namespace mta_sts::tlsrpt
