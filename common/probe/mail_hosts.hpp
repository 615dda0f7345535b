#pragma once

#include <uv.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "check/facts.hpp"
#include "probe/smtp_probe.hpp"
#include "probe/time_limit.hpp"
#include "probe/tls_client.hpp"

namespace mta_sts::probe {

/// Asks mail hosts, each address once however many domains share it: who comes later gets the same answer. To
/// one address goes one connection at a time, whatever names it has: hosts limit them, and a limit met is no
/// answer. Bounded in number; answers that nobody waits for are forgotten first.
class MailHosts {
 public:
  /// Both outlive this object, and this object outlives every question.
  MailHosts(uv_loop_t* loop, const TlsClient& tls) : loop_(loop), tls_(tls) {}

  /// Calls `then` once on the loop's thread, with what probe_mail_host saw.
  void ask(const SmtpTarget& target, TimeLimit limit, std::function<void(const check::SmtpFact&)> then);

 private:
  struct Host {
    check::SmtpFact fact;
    bool is_known = false;
    std::vector<std::function<void(const check::SmtpFact&)>> waiting;
  };

  struct Question {
    std::shared_ptr<Host> host;
    SmtpTarget target;
    TimeLimit limit;
  };

  void start(const std::string& address);
  void finish(const std::string& address);

  uv_loop_t* loop_;
  const TlsClient& tls_;
  std::map<std::string, std::shared_ptr<Host>> hosts_;
  std::map<std::string, std::deque<Question>> queues_;  // by address; the first of each is under way
};

}  // namespace mta_sts::probe
