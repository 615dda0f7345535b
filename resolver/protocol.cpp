#include "protocol.hpp"

#include <utility>

#include "verdict/verdict_line.hpp"

namespace mta_sts::resolver {

RequestFront LineProtocol::cut(std::string_view input) const {
  const std::size_t end = input.find('\n');
  if (end != std::string_view::npos) {
    return {.taken = end + 1, .request = input.substr(0, end), .error = std::nullopt};
  }
  RequestFront front;
  if (input.size() > request_limit_bytes) {
    front.error = RequestError::too_long;
  }
  return front;
}

std::expected<void, RequestError> LineProtocol::answer_request(std::string_view request, uid_t peer,
                                                               Answer answer) {
  const auto parsed = parse_request(request);
  if (!parsed) {
    // A person who tries the socket by hand is told why; whoever sends this is no client of ours.
    answer(refuse(to_string(parsed.error())), true);
    return std::unexpected(parsed.error());
  }
  handler_(*parsed, peer, std::move(answer));
  return {};
}

std::string LineProtocol::frame(std::string answer) const {
  answer += '\n';
  return answer;
}

std::string LineProtocol::refuse(std::string_view word) const {
  return render_verdict_line(temp_verdict(word));
}

}  // namespace mta_sts::resolver
