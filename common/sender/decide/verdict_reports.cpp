// What the service tells the administrator. R88, R89.
#include <bit>
#include <utility>

#include "base/utc_time.hpp"
#include "sender/decide/verdict_core.hpp"

namespace mta_sts::sender {
namespace {

constexpr std::chrono::hours full_log_pause{1};
constexpr std::chrono::minutes not_begun_log_pause{1};
constexpr std::chrono::minutes trouble_log_pause{5};

bool is_time_to_log(std::chrono::sys_seconds& logged, std::chrono::seconds pause,
                    std::chrono::sys_seconds now) {
  const bool is_time = logged == std::chrono::sys_seconds{} || now >= logged + pause || now < logged;
  logged = is_time ? now : logged;
  return is_time;
}

}  // namespace

void VerdictService::Core::report_full(Time now) {
  count("cache-full");
  if (is_time_to_log(full_logged_, full_log_pause, now)) {
    log_.write(
        LogLevel::error, "cache-full",
        "the cache is full of live enforce policies that mail goes under, and takes no more of an address "
        "that has its share: raise its limits");
  }
}

void VerdictService::Core::report_not_begun(const std::string& domain, const FetchError& error, Time now) {
  count(to_string(error.kind));
  if (is_time_to_log(not_begun_logged_, not_begun_log_pause, now)) {
    log_.write(LogLevel::error, to_string(error.kind),
               "the policy of " + domain + " was not fetched: " + error.detail +
                   "; where none is known, mail waits." +
                   (error.crowded ? " See what asks for so many domains, or raise --max-fetches" : ""));
  }
}

// Once an hour; a trouble that comes back soon after its end is told of at most every five minutes.
void VerdictService::Core::report_trouble(const std::string& domain, HostPart part, const FetchError& error,
                                          Time now) {
  count(trouble_word);
  const std::chrono::seconds pause = trouble_told_ == part ? full_log_pause : trouble_log_pause;
  if (is_time_to_log(trouble_logged_, pause, now)) {
    trouble_told_ = part;
    log_.write(LogLevel::error, trouble_word,
               "no policy can be fetched, all for the same reason (" + std::string(to_string(error.kind)) +
                   "; the last was that of " + domain + "): " + std::string(describe(part)) +
                   "; where no policy is known, mail waits");
  }
}

void VerdictService::Core::report_trouble_end() {
  if (trouble_told_ && health_.is_clear(*trouble_told_)) {
    trouble_told_.reset();
    log_.write(LogLevel::info, "fetches-work", "policies can be fetched again");
  }
}

void VerdictService::Core::report_dns_trouble(const DnsAnswer& answer, Time now) {
  if (is_time_to_log(dns_logged_, is_dns_trouble_told_ ? full_log_pause : trouble_log_pause, now)) {
    is_dns_trouble_told_ = true;
    log_.write(
        LogLevel::error, "txt-lookup-failed",
        (answer.own_trouble ? "no name server can be asked"
                            : "the lookups of several domains have failed in a row, and none worked") +
            (answer.detail.empty() ? std::string() : " (" + answer.detail + ")") +
            ": see the name servers in /etc/resolv.conf or --dns; where no policy is known, mail waits");
  }
}

void VerdictService::Core::report_dns_trouble_end() {
  if (std::exchange(is_dns_trouble_told_, false)) {
    log_.write(LogLevel::info, "lookups-work", "name servers answer again");
  }
}

void VerdictService::Core::report_clock(Time now) {
  count("clock-wrong");
  if (is_time_to_log(clock_logged_, full_log_pause, now)) {
    log_.write(LogLevel::error, "clock-wrong",
               "this host's clock says " + utc_text(now) +
                   ", which cannot be: set it; the policies known are obeyed meanwhile, mail "
                   "to other domains with a record waits");
  }
}

void VerdictService::Core::report_expiry(const std::string& domain, const Conclusion& conclusion) {
  if (conclusion.replaced) {
    count("policy-expired");
    log_.write(LogLevel::info, "policy-expired",
               "the policy of " + domain + " has expired; the next mail asks for it again");
  }
}

void VerdictService::Core::report_change(const std::string& domain, const DomainEntry& entry,
                                         const CachedPolicy* before) {
  const auto& after = entry.state.policy();
  const auto name = [](const CachedPolicy* policy) {
    return policy == nullptr
               ? std::string("no policy")
               : std::string(to_string(policy->mode())) + " (id " + std::string(policy->id()) + ")";
  };
  log_.write(LogLevel::info, "policy-changed",
             domain + ": " + name(before) + " -> " + name(after ? &*after : nullptr));
}

// R88, R89. A domain that stays broken is told of at the first, second, fourth, eighth failure and so on.
void VerdictService::Core::report_failure(const std::string& domain, const DomainEntry& entry,
                                          const FetchError& error, Failing failing) {
  const std::string what = std::string(to_string(error.kind)) + ": " + error.detail;
  if (!failing.alert) {
    const bool quiet = failing.again || entry.state.policy().has_value();
    log_.write(quiet ? LogLevel::debug : LogLevel::warning, to_string(error.kind),
               "no policy from " + domain + ": " + error.detail +
                   (quiet ? "" : "; its mail goes as without MTA-STS until one can be fetched"));
    return;
  }
  const std::uint32_t failures = entry.state.failed_refreshes();
  count("refresh-failed");
  if (std::has_single_bit(failures)) {
    log_.write(LogLevel::warning, "refresh-failed",
               "cannot refresh the policy of " + domain + " (" + std::to_string(failures) +
                   " times in a row), the one known stays in force until " +
                   utc_text(entry.state.policy()->expires()) + ": " + what);
  }
  if (failing.expiring) {
    count("policy-expiring");
    log_.write(LogLevel::error, "policy-expiring",
               "the policy of " + domain + " will expire at " + utc_text(entry.state.policy()->expires()) +
                   " unless its policy host works again; tell the domain's postmaster: " + what);
  }
}

void VerdictService::Core::report_dns_given_up(const std::string& domain, const DomainEntry& entry) {
  count("dns-failure-limit");
  log_.write(LogLevel::warning, "dns-failure-limit",
             "every lookup of _mta-sts." + domain + " has failed since " +
                 utc_text(entry.state.lookups().failing_since) +
                 "; its mail goes as without MTA-STS until one works");
}

}  // namespace mta_sts::sender
