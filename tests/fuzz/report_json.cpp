// The JSON of a report: cut, repaired, parsed, understood, and shown in every way.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "fuzz/tlsrpt.hpp"
#include "tlsrpt/read/json_parser.hpp"
#include "tlsrpt/read/json_text.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

namespace {

// Hears what the parser tells, and holds it to its promises.
class Listener final : public tlsrpt::JsonEvents {
 public:
  bool literal(std::string_view written) override {
    require(!written.empty());
    return true;
  }
  bool string(std::string_view text, bool is_plain) override {
    require(!text::find_invalid_utf8(text));
    require(!is_plain || std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; }));
    return true;
  }
  bool key(std::string_view name) override {
    require(!text::find_invalid_utf8(name));
    return depth_ > 0;
  }
  bool open(char) override { return ++depth_ <= tlsrpt::json_depth_limit; }
  bool close(char) override { return depth_-- > 0; }

 private:
  std::size_t depth_ = 0;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Two parsers, one grammar. Ours alone takes half a surrogate pair, and numbers beyond any double; it alone
// bounds depth. The other takes a NUL for the end of the text.
void compare_with_another_parser(std::string_view text) {
  Listener listener;
  tlsrpt::JsonParser parser(text, listener);
  const tlsrpt::JsonEnd end = parser.parse();
  require(end != tlsrpt::JsonEnd::stopped);
  require(parser.offset() <= text.size());
  if (end == tlsrpt::JsonEnd::too_deep || parser.has_lone_surrogate() ||
      text.find('\0') != std::string_view::npos) {
    return;
  }
  const bool is_whole = end == tlsrpt::JsonEnd::whole && is_blank(text.substr(parser.offset()));
  const bool is_accepted = nlohmann::json::accept(text);
  const bool has_great_numbers = text.size() > 300 || text.find_first_of("eE") != std::string_view::npos;
  require(is_whole == is_accepted || (is_whole && has_great_numbers));
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
