#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"
#include "postfix_request.hpp"
#include "protocol.hpp"
#include "sender/decide/verdict_service.hpp"
#include "sender/dns/mail_route.hpp"

namespace mta_sts::resolver {

/// Postfix's socketmap_table(5) for smtp_tls_policy_maps: netstrings of `MAP KEY`, answered as
/// postfix_answer() says. An answer is given again within the second in which it was made: Postfix asks once
/// for every MX host of every message.
class PostfixMap final : public Protocol {
 public:
  /// All outlive this object, and this object every connection. `asked` is called after each question to the
  /// service, so that somebody calls it while askers wait.
  PostfixMap(sender::VerdictService& service, sender::MailRoutes& routes, const Clock& clock,
             std::function<void()> asked)
      : service_(service), routes_(routes), clock_(clock), asked_(std::move(asked)) {}

  [[nodiscard]] RequestFront cut(std::string_view input) const override;
  std::expected<void, RequestError> answer_request(std::string_view payload, uid_t peer,
                                                   Answer answer) override;
  [[nodiscard]] std::string frame(std::string answer) const override;
  [[nodiscard]] std::string refuse(std::string_view word) const override;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  [[nodiscard]] const std::string* given_in_this_second(std::string_view payload);
  void on_verdict(const PostfixRequest& request, const Verdict& verdict, const Answer& answer);
  void reply(const std::string& payload, std::string text, const Answer& answer);

  sender::VerdictService& service_;
  sender::MailRoutes& routes_;
  const Clock& clock_;
  std::function<void()> asked_;
  std::chrono::sys_seconds second_{};
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> given_;  // in this second
};

}  // namespace mta_sts::resolver
