// A request line to the resolver.
#include "resolver/request.hpp"

#include "fuzz/fuzz.hpp"
#include "verdict/verdict_line.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line = view_of(data, size);
  const auto request = resolver::parse_request(line);
  if (!request) {
    require(!resolver::to_string(request.error()).empty());
    return 0;
  }
  // What is accepted is short, says its domain as it stands there, and holds nothing that would end a line.
  require(line.size() <= request_limit_bytes);
  require(line.ends_with(request->domain) || line == "cache purge *");
  for (const char c : request->domain) {
    require(c != ' ' && c != '\n' && c != '\r' && c != '\0');
  }
  require(request->kind != resolver::RequestKind::verdict || !request->domain.empty());
  require(resolver::parse_request(line) == request);
  return 0;
}
