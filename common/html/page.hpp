#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

/// What every page of the product shares: one self-contained file without scripts, under a strict
/// Content-Security-Policy, for phones and desktops, dark and light.
namespace mta_sts::html {

struct PageHead {
  std::string title;     ///< plain text, escaped here
  std::string subtitle;  ///< plain text, escaped here; empty: none
};

/// Gives the page up to and with the opening of its main part.
[[nodiscard]] std::string begin_page(const PageHead& head);

/// Closes the main part and gives the rest of the page; `lines` are plain text, escaped here.
[[nodiscard]] std::string end_page(std::span<const std::string> lines);

/// Makes text safe inside HTML text and quoted attributes: controls and bidirectional characters are shown as
/// escapes, and no more than about `limit_bytes` of it.
[[nodiscard]] std::string escape(std::string_view text, std::size_t limit_bytes = 300);

}  // namespace mta_sts::html
