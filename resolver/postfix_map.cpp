#include "postfix_map.hpp"

#include <utility>

#include "netstring.hpp"
#include "postfix_answer.hpp"
#include "sender/policy_domain.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::resolver {

RequestFront PostfixMap::cut(std::string_view input) const {
  const NetstringFront front = read_netstring(input, request_limit_bytes);
  switch (front.state) {
    case NetstringState::whole:
      return {.taken = front.taken, .request = front.payload, .error = std::nullopt};
    case NetstringState::too_long:
      return {.taken = 0, .request = {}, .error = RequestError::too_long};
    case NetstringState::malformed:
      return {.taken = 0, .request = {}, .error = RequestError::malformed};
    case NetstringState::incomplete:
      break;
  }
  return {};
}

std::expected<void, RequestError> PostfixMap::take(std::string_view payload, uid_t, Answer answer) {
  auto request = parse_postfix_request(payload);
  if (!request) {
    answer(refuse(to_string(request.error())), false);
    return std::unexpected(request.error());
  }
  if (request->parent) {
    answer("NOTFOUND ", false);  // a policy is of its own domain alone
    return {};
  }
  const std::string domain = request->domain;
  service_.ask(domain, [this, request = *std::move(request), answer = std::move(answer)](
                           const Verdict& verdict) { take_verdict(request, verdict, answer); });
  asked_();
  return {};
}

void PostfixMap::take_verdict(const PostfixRequest& request, const Verdict& verdict, const Answer& answer) {
  const auto domain = policy_domain_of(request.domain);
  if (!domain || !needs_route(request, verdict, routes_.does_dane())) {
    answer(postfix_answer(request, verdict, domain ? domain->text() : "", nullptr), false);
    return;
  }
  const auto port = mail_port(request.port);
  if (!port) {
    answer("TEMP port-unknown: write the port of this next hop as a number", false);
    return;
  }
  routes_.find({.name = *domain, .host_itself = request.host_itself, .port = *port},
               [request, verdict, name = domain->text(), answer](const MailRoute& route) {
                 answer(postfix_answer(request, verdict, name, &route), false);
               });
}

std::string PostfixMap::frame(std::string answer) const {
  return to_netstring(answer);
}

std::string PostfixMap::refuse(std::string_view word) const {
  return "TEMP " + std::string(word);
}

}  // namespace mta_sts::resolver
