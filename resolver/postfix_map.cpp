#include "postfix_map.hpp"

#include <utility>

#include "netstring.hpp"
#include "postfix_answer.hpp"
#include "sender/decide/policy_domain.hpp"
#include "verdict/verdict_line.hpp"

namespace mta_sts::resolver {
namespace {

constexpr std::size_t given_limit = 4096;
constexpr std::size_t given_text_limit_bytes = 2048;

}  // namespace

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

std::expected<void, RequestError> PostfixMap::answer_request(std::string_view payload, uid_t, Answer answer) {
  if (const std::string* text = given_in_this_second(payload)) {
    answer(*text, false);
    return {};
  }
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
  Answer remember = [this, payload = std::string(payload), answer = std::move(answer)](
                        std::string text, bool) { reply(payload, std::move(text), answer); };
  service_.ask(domain, [this, request = *std::move(request), answer = std::move(remember)](
                           const Verdict& verdict) { on_verdict(request, verdict, answer); });
  asked_();
  return {};
}

const std::string* PostfixMap::given_in_this_second(std::string_view payload) {
  if (const auto now = clock_.now(); now != second_) {
    second_ = now;
    given_.clear();
  }
  const auto found = given_.find(payload);
  return found != given_.end() ? &found->second : nullptr;
}

void PostfixMap::reply(const std::string& payload, std::string text, const Answer& answer) {
  if (!text.starts_with("TEMP") && text.size() <= given_text_limit_bytes && given_.size() < given_limit &&
      clock_.now() == second_) {
    given_.insert_or_assign(payload, text);
  }
  answer(std::move(text), false);
}

void PostfixMap::on_verdict(const PostfixRequest& request, const Verdict& verdict, const Answer& answer) {
  const auto domain = sender::policy_domain_of(request.domain);
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
               [request, verdict, name = domain->text(), answer](const sender::MailRoute& route) {
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
