// The JSON of a report: cut, mended, parsed, understood, and shown in every way.
#include <nlohmann/json.hpp>

#include "fuzz/tlsrpt.hpp"
#include "tlsrpt/json_text.hpp"
#include "tlsrpt/json_tree.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = view_of(data, size);
  tlsrpt::Findings findings;
  tlsrpt::split_json(bytes, findings, [](std::string_view text) {
    require(!text::find_invalid_utf8(text));
    tlsrpt::QuirkSet quirks;
    const bool is_parsed = tlsrpt::JsonTree::parse(text, quirks).has_value();
    require(is_parsed ==
            nlohmann::json::accept(text));  // what is cut and mended is refused for its syntax alone
  });
  if (tlsrpt::looks_like_json(bytes)) {
    read_as_input(bytes);
  }
  return 0;
}
