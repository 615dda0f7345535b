#pragma once

#include <uv.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "check/facts.hpp"
#include "probe/smtp_probe.hpp"
#include "probe/time_limit.hpp"
#include "probe/tls_client.hpp"

namespace mta_sts::probe {

/// Asks mail hosts, each address once however many domains share it: who comes later gets the same answer.
/// Bounded in number; answers that nobody waits for are forgotten first.
class MailHosts {
 public:
  /// Both outlive this object, and this object outlives every question.
  MailHosts(uv_loop_t* loop, const TlsClient& tls) : loop_(loop), tls_(tls) {}

  /// Calls `then` once on the loop's thread, with the session with SNI, the one without and the one with a
  /// large ClientHello in one fact.
  void ask(const SmtpTarget& target, TimeLimit limit, std::function<void(const check::SmtpFact&)> then);

 private:
  struct Host {
    check::SmtpFact fact;
    std::size_t open = 0;
    std::vector<std::function<void(const check::SmtpFact&)>> waiting;
  };

  void start(const std::shared_ptr<Host>& host, const SmtpTarget& target, TimeLimit limit);
  static void finish_part(Host& host);

  uv_loop_t* loop_;
  const TlsClient& tls_;
  std::map<std::string, std::shared_ptr<Host>> hosts_;
};

}  // namespace mta_sts::probe
