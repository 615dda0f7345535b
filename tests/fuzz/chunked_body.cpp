// Any bytes as a chunked body: taken at once or in two parts they mean the same, and never more than the
// limit.
#include "sender/fetch/chunked_body.hpp"

#include <algorithm>

#include "fuzz/fuzz.hpp"

using namespace mta_sts;

namespace {

constexpr std::size_t limit = 64;

struct Taken {
  sender::ChunkedBody body;
  std::string content;
  bool good = true;
};

Taken take(std::initializer_list<std::string_view> parts) {
  Taken taken;
  sender::HttpHead head;
  for (const std::string_view line : {"HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "\r\n"}) {
    head.parse_line(line);
  }
  for (const std::string_view part : parts) {
    taken.good = taken.good && taken.body.decode(part, head, taken.content, limit);
  }
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text = fuzz::view_of(data, size).substr(1);
  const std::size_t cut = data[0] % (text.size() + 1);
  const Taken whole = take({text});
  const Taken parts = take({text.substr(0, cut), text.substr(cut)});
  fuzz::require(whole.good == parts.good && whole.content == parts.content &&
                whole.body.ended() == parts.body.ended());
  fuzz::require(whole.content.size() <= limit + 1);
  fuzz::require(whole.good == whole.body.fault().empty() && !(whole.body.ended() && !whole.good));
  fuzz::require_safe(whole.body.fault());
  return 0;
}
