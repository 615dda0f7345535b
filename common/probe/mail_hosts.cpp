#include "probe/mail_hosts.hpp"

#include <utility>

#include "probe/worker.hpp"

namespace mta_sts::probe {
namespace {

using check::SmtpFact;

constexpr std::size_t hosts_limit = 10000;

}  // namespace

void MailHosts::ask(const SmtpTarget& target, TimeLimit limit, std::function<void(const SmtpFact&)> then) {
  const std::string address = target.endpoint.address.to_text();
  const std::string key = target.mx + " " + address;
  if (const auto known = hosts_.find(key); known != hosts_.end()) {
    if (known->second->is_known) {
      then(known->second->fact);
    } else {
      known->second->waiting.push_back(std::move(then));
    }
    return;
  }
  if (hosts_.size() >= hosts_limit) {
    std::erase_if(hosts_, [](const auto& entry) { return entry.second->is_known; });
  }
  auto host = std::make_shared<Host>();
  host->waiting.push_back(std::move(then));
  hosts_.emplace(key, host);
  auto& queue = queues_[address];
  queue.push_back({.host = std::move(host), .target = target, .limit = limit});
  if (queue.size() == 1) {
    start(address);
  }
}

void MailHosts::start(const std::string& address) {
  const Question& question = queues_.at(address).front();
  auto seen = std::make_shared<SmtpFact>();
  run_on_worker(
      loop_,
      [seen, target = question.target, &tls = tls_, limit = question.limit] {
        *seen = probe_mail_host(target, tls, limit);
      },
      [this, seen, address] {
        queues_.at(address).front().host->fact = std::move(*seen);
        finish(address);
      });
}

void MailHosts::finish(const std::string& address) {
  const auto queue = queues_.find(address);
  const std::shared_ptr<Host> host = queue->second.front().host;
  queue->second.pop_front();
  if (queue->second.empty()) {
    queues_.erase(queue);
  } else {
    start(address);
  }
  host->is_known = true;
  const auto waiting = std::move(host->waiting);
  for (const auto& then : waiting) {
    then(host->fact);
  }
}

}  // namespace mta_sts::probe
