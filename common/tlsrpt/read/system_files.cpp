#include "tlsrpt/read/system_files.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace mta_sts::tlsrpt {
namespace {

constexpr std::array<std::string_view, 18> names = {
    "$RECYCLE.BIN",    ".apdisk",      ".AppleDB",
    ".AppleDesktop",   ".AppleDouble", ".DS_Store",
    ".fseventsd",      ".localized",   ".Spotlight-V100",
    ".TemporaryItems", ".Trashes",     "@eaDir",
    "__MACOSX",        "desktop.ini",  "ehthumbs.db",
    "Icon\r",          "Thumbs.db",    "System Volume Information",
};

bool is_system_name(std::string_view name) {
  constexpr std::string_view stream = ":Zone.Identifier";  // where Windows notes what came from the Internet
  const bool is_known = std::ranges::any_of(
      names, [&](std::string_view each) { return ascii::equals_ignoring_case(name, each); });
  return is_known || name.starts_with("._") || name.starts_with("~$") || name.ends_with(stream);
}

}  // namespace

bool is_system_file(std::string_view path) {
  const auto is_slash = [](char c) { return c == '/' || c == '\\'; };
  while (!path.empty()) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if(path, is_slash) - path.begin());
    if (is_system_name(path.substr(0, end))) {
      return true;
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

}  // namespace mta_sts::tlsrpt
