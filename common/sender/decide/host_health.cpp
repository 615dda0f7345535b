#include "sender/decide/host_health.hpp"

#include <algorithm>

#include "base/enum_names.hpp"

namespace mta_sts::sender {

std::string_view describe(HostPart part) {
  using enum HostPart;
  static constexpr auto words = enum_names<HostPart>({
      {route, "this host refuses the connections itself: see its routes and its firewall"},
      {roots, "no certificate leads to a trusted root: see ca-certificates and --ca"},
      {clock_ahead, "every certificate has expired: see this host's clock"},
      {clock_behind, "no certificate is valid yet: see this host's clock"},
  });
  return words[part];
}

std::optional<HostPart> part_of(const FetchError& error) {
  switch (error.kind) {
    case FetchErrorKind::connect_failure:
      return error.refused_here ? std::optional(HostPart::route) : std::nullopt;
    case FetchErrorKind::cert_untrusted:
      return HostPart::roots;
    case FetchErrorKind::cert_expired:
      return HostPart::clock_ahead;
    case FetchErrorKind::cert_not_yet_valid:
      return HostPart::clock_behind;
    default:
      return std::nullopt;
  }
}

void HostHealth::note_success(std::chrono::sys_seconds now) {
  has_worked_ = true;
  has_shown_clock_ = true;
  clock_shown_ = now;
  streaks_ = {};
}

void HostHealth::restart() {
  has_worked_ = false;
}

bool HostHealth::is_convincing(const Streak& streak) const {
  const auto known =
      std::ranges::count_if(streak.failures, [](const auto& entry) { return entry.second.known; });
  return streak.failures.size() >= least_domains &&
         (!has_worked_ || static_cast<std::size_t>(known) >= least_known);
}

bool HostHealth::note_failure(std::string_view domain, HostPart part, bool known,
                              std::chrono::sys_seconds now) {
  if (part != HostPart::route) {
    streak_of(HostPart::route) = {};  // the way stands: a certificate came over it
  }
  Streak& streak = streak_of(part);
  std::erase_if(streak.failures, [&](const auto& entry) {
    return entry.second.at + memory < now || entry.second.at > now + memory;
  });
  if (const auto found = streak.failures.find(domain); found != streak.failures.end()) {
    found->second = {.at = now, .known = known || found->second.known};
  } else if (streak.failures.size() < domains_limit) {
    streak.failures.emplace(domain, Failure{.at = now, .known = known});
  }
  const bool begins = !streak.in_trouble && is_convincing(streak);
  streak.in_trouble = streak.in_trouble ? !streak.failures.empty() : begins;
  return begins;
}

bool HostHealth::is_pausing(std::string_view domain, std::chrono::sys_seconds now) const {
  return std::ranges::any_of(streaks_, [&](const Streak& streak) {
    if (!streak.in_trouble) {
      return false;
    }
    const auto found = streak.failures.find(domain);
    return found != streak.failures.end() && now >= found->second.at && now < found->second.at + pause;
  });
}

std::vector<std::string> HostHealth::domains(HostPart part) const {
  std::vector<std::string> names;
  for (const auto& [domain, failure] : streaks_[static_cast<std::size_t>(part)].failures) {
    names.push_back(domain);
  }
  return names;
}

}  // namespace mta_sts::sender
