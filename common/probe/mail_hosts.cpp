#include "probe/mail_hosts.hpp"

#include <utility>
#include <vector>

#include "probe/worker.hpp"

namespace mta_sts::probe {
namespace {

using check::SmtpFact;
using check::TlsFact;

constexpr std::size_t hosts_limit = 10000;

}  // namespace

void MailHosts::ask(const SmtpTarget& target, TimeLimit limit, std::function<void(const SmtpFact&)> then) {
  const std::string key = target.mx + " " + target.endpoint.address.to_text();
  if (const auto known = hosts_.find(key); known != hosts_.end()) {
    if (known->second->open == 0) {
      then(known->second->fact);
    } else {
      known->second->waiting.push_back(std::move(then));
    }
    return;
  }
  if (hosts_.size() >= hosts_limit) {
    std::erase_if(hosts_, [](const auto& entry) { return entry.second->open == 0; });
  }
  auto host = std::make_shared<Host>();
  host->waiting.push_back(std::move(then));
  hosts_.emplace(key, host);
  start(host, target, limit);
}

void MailHosts::start(const std::shared_ptr<Host>& host, const SmtpTarget& target, TimeLimit limit) {
  TlsWish without_sni;
  TlsWish large;
  large.server_name = target.mx;
  large.large_hello = true;
  host->open = 3;

  auto whole = std::make_shared<SmtpFact>();
  run_on_worker(
      loop_, [whole, target, &tls = tls_, limit] { *whole = probe_smtp(target, tls, limit.begin()); },
      [host, whole] {
        whole->without_sni = std::move(host->fact.without_sni);
        whole->large_hello = std::move(host->fact.large_hello);
        host->fact = std::move(*whole);
        finish_part(*host);
      });
  for (const auto& [wish, member] :
       {std::pair(without_sni, &SmtpFact::without_sni), std::pair(large, &SmtpFact::large_hello)}) {
    auto fact = std::make_shared<TlsFact>();
    run_on_worker(
        loop_,
        [fact, target, wish, &tls = tls_, limit] {
          *fact = probe_smtp_tls(target, wish, tls, limit.begin());
        },
        [host, fact, member] {
          host->fact.*member = std::move(*fact);
          finish_part(*host);
        });
  }
}

void MailHosts::finish_part(Host& host) {
  if (--host.open > 0) {
    return;
  }
  if (host.fact.reach != check::Reach::connected || !host.fact.starttls_offered) {
    host.fact.without_sni.reset();
    host.fact.large_hello.reset();
  }
  const auto waiting = std::move(host.waiting);
  for (const auto& then : waiting) {
    then(host.fact);
  }
}

}  // namespace mta_sts::probe
