// What Postfix's clients send: netstrings of a map's name and a next hop.
#include "resolver/postfix_request.hpp"

#include "fuzz/fuzz.hpp"
#include "resolver/netstring.hpp"

using namespace mta_sts;
using namespace mta_sts::fuzz;
using namespace mta_sts::resolver;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t limit = 1024;
  std::string_view input = view_of(data, size);
  while (true) {
    const NetstringFront front = read_netstring(input, limit);
    if (front.state != NetstringState::whole) {
      require(front.taken == 0 && front.payload.empty());
      // Nobody is waited for who has sent more than a request can be.
      require(front.state != NetstringState::incomplete || input.size() <= limit + 6);
      return 0;
    }
    require(front.payload.size() <= limit && front.taken <= input.size());
    require(input.substr(0, front.taken) == to_netstring(front.payload));
    const auto request = parse_postfix_request(front.payload);
    if (request) {
      require(front.payload.starts_with("policy"));
      require(front.payload.find(request->domain) != std::string_view::npos);
      require(front.payload.find(request->port) != std::string_view::npos);
      require(!request->parent || request->domain.starts_with('.'));
      static_cast<void>(mail_port(request->port));
      require(parse_postfix_request(front.payload) == request);
    } else {
      require(!to_string(request.error()).empty());
    }
    input.remove_prefix(front.taken);
  }
}
