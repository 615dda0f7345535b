// The JSON of a report: cut, repaired, parsed, understood, and shown in every way.
#include <nlohmann/json.hpp>

#include "fuzz/tlsrpt.hpp"
#include "tlsrpt/read/json_text.hpp"
#include "tlsrpt/read/json_tree.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Two parsers, one grammar. Ours alone takes half a surrogate pair, and numbers beyond any double; it alone
// bounds depth and size. The other takes a NUL for the end of the text.
void compare_with_another_parser(std::string_view text) {
  tlsrpt::QuirkSet quirks;
  std::size_t length = 0;
  const auto tree = tlsrpt::JsonTree::parse(text, quirks, length);
  require(length <= text.size());
  const bool is_bounded = !tree && tree.error().error != tlsrpt::ReadError::json;
  if (is_bounded || quirks.contains(tlsrpt::Quirk::utf8) || text.find('\0') != std::string_view::npos) {
    return;
  }
  const bool is_whole = tree && is_blank(text.substr(length));
  const bool is_accepted = nlohmann::json::accept(text);
  const bool has_great_numbers = text.size() > 300 || text.find_first_of("eE") != std::string_view::npos;
  require(is_whole == is_accepted || has_great_numbers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = view_of(data, size);
  if (!text::find_invalid_utf8(bytes) && !bytes.starts_with("\xEF\xBB\xBF")) {
    compare_with_another_parser(bytes);
  }
  if (tlsrpt::looks_like_json(bytes)) {
    read_as_input(bytes);
  }
  return 0;
}
