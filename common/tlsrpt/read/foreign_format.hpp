#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::tlsrpt {

/// A format that is not read here.
struct ForeignFormat {
  std::string text;  ///< what it is, and what to do: "an Outlook message (.msg): save it as .eml"
  bool may_be_a_mail =
      false;  ///< a whole mail may be inside of it, and so a report that nothing else tells of
};

/// What a mail says of a part; empty where bytes are no part.
struct PartLabel {
  std::string_view media_type;  ///< lower case
  std::string_view file_name;
};

/// Names the format of bytes that are not read here but that a report may be inside of. Nothing where the
/// bytes are of no such format.
[[nodiscard]] std::optional<ForeignFormat> foreign_format(std::string_view bytes, PartLabel label = {});

}  // namespace mta_sts::tlsrpt
