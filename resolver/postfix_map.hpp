#pragma once

#include <functional>
#include <utility>

#include "postfix_request.hpp"
#include "protocol.hpp"
#include "sender/mail_route.hpp"
#include "sender/verdict_service.hpp"

namespace mta_sts::resolver {

/// Postfix's socketmap_table(5) for smtp_tls_policy_maps: netstrings of `MAP KEY`, answered as
/// postfix_answer() says.
class PostfixMap final : public Protocol {
 public:
  /// Both outlive this object, and this object every connection. `asked` is called after each question to the
  /// service, so that somebody calls it while askers wait.
  PostfixMap(VerdictService& service, MailRoutes& routes, std::function<void()> asked)
      : service_(service), routes_(routes), asked_(std::move(asked)) {}

  [[nodiscard]] RequestFront cut(std::string_view input) const override;
  std::expected<void, RequestError> take(std::string_view payload, uid_t peer, Answer answer) override;
  [[nodiscard]] std::string frame(std::string answer) const override;
  [[nodiscard]] std::string refuse(std::string_view word) const override;

 private:
  void take_verdict(const PostfixRequest& request, const Verdict& verdict, const Answer& answer);

  VerdictService& service_;
  MailRoutes& routes_;
  std::function<void()> asked_;
};

}  // namespace mta_sts::resolver
