#pragma once

#include <cstddef>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::tlsrpt {

/// The most characters of a name in a report that is counted under it: domains, hosts and what else is one
/// word. RFC 1035 section 2.3.4: a domain name has 255 octets at most, 253 in text.
inline constexpr std::size_t name_limit = 253;

/// Those of a sender's name, which may be an address. RFC 5321 section 4.5.3.1: 64 octets, "@" and 255.
inline constexpr std::size_t sender_limit = 320;

/// Those of a text that nothing is counted under: a report-id, a reason, additional information.
inline constexpr std::size_t text_limit = 1000;

/// Gives what is kept of a text of more than `limit` characters: so many of its first ones, "..." and a mark
/// of all of it, that no two such texts become the same; never more than `limit`. Nothing where it fits. A
/// NUL, a SUB and a byte that is not UTF-8 are three characters each: a history on a server keeps them so.
[[nodiscard]] std::optional<std::string> cut_text(std::string_view text, std::size_t limit);

/// Cuts texts that others own; what it gives lasts as long as this and they do.
class TextCutter {
 public:
  [[nodiscard]] std::string_view operator()(std::string_view text, std::size_t limit) {
    auto cut = cut_text(text, limit);
    return cut ? cut_.emplace_front(*std::move(cut)) : text;
  }

 private:
  std::forward_list<std::string> cut_;
};

}  // namespace mta_sts::tlsrpt
