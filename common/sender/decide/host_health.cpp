#include "sender/decide/host_health.hpp"

#include <algorithm>
#include <set>

#include "base/enum_names.hpp"

namespace mta_sts::sender {
namespace {

bool is_v4(const IpAddress& address) {
  return !address.is_v6();
}

bool has_public_v4(const FetchError& error) {
  return std::ranges::any_of(error.tried,
                             [](const IpAddress& address) { return is_v4(address) && address.is_public(); });
}

}  // namespace

std::string_view describe(HostPart part) {
  using enum HostPart;
  static constexpr auto words = enum_names<HostPart>({
      {route, "this host refuses the connections itself: see its routes and its firewall"},
      {silence, "no Policy Host can be reached on port 443: see this host's firewall and network"},
      {roots, "no certificate leads to a trusted root: see ca-certificates and --ca"},
      {clock_ahead, "every certificate has expired: see this host's clock"},
      {clock_behind, "no certificate is valid yet: see this host's clock"},
  });
  return words[part];
}

std::optional<HostPart> part_of(const FetchError& error) {
  switch (error.kind) {
    case FetchErrorKind::connect_failure:
      if (!error.refused_here) {
        return HostPart::silence;
      }
      return std::ranges::any_of(error.tried, is_v4) ? std::optional(HostPart::route) : std::nullopt;
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

IpAddress network_of(const FetchError& error) {
  std::optional<IpAddress> address;
  if (error.connected) {
    address = IpAddress::parse(error.peer);
  }
  if (!address && !error.tried.empty()) {
    const auto v4 = std::ranges::find_if(error.tried, is_v4);
    address = v4 != error.tried.end() ? *v4 : error.tried.front();
  }
  if (!address) {
    return {};
  }
  const IpAddress network = address->network();
  if (network.is_v6()) {
    return network;
  }
  const std::array<std::uint8_t, 4> bytes{network.bytes()[0], network.bytes()[1], 0, 0};
  return IpAddress::from_bytes(bytes).value_or(network);
}

void HostHealth::note_connection(std::chrono::sys_seconds now) {
  connected_ = now;
  streak_of(HostPart::route) = {};
  streak_of(HostPart::silence) = {};
}

void HostHealth::note_success(std::chrono::sys_seconds now) {
  connected_ = now;
  has_shown_clock_ = true;
  clock_shown_ = now;
  streaks_ = {};
}

void HostHealth::end_pauses() {
  for (Streak& streak : streaks_) {
    for (auto& [domain, failure] : streak.failures) {
      failure.pauses = false;
    }
  }
}

bool HostHealth::is_convincing(const Streak& streak, HostPart part) {
  std::set<IpAddress> networks;
  for (const auto& [domain, failure] : streak.failures) {
    networks.insert(failure.network);
  }
  return networks.size() >= (part == HostPart::silence ? least_silent_networks : least_networks);
}

bool HostHealth::note_failure(std::string_view domain, HostPart part, const FetchError& error,
                              std::chrono::sys_seconds now) {
  Streak& streak = streak_of(part);
  std::erase_if(streak.failures, [&](const auto& entry) {
    return entry.second.at + memory < now || entry.second.at > now + memory;
  });
  Failure failure{
      .first = now, .at = now, .network = network_of(error), .is_public_v4 = has_public_v4(error)};
  if (const auto found = streak.failures.find(domain); found != streak.failures.end()) {
    failure.first = found->second.first;
    found->second = failure;
  } else if (streak.failures.size() < domains_limit) {
    streak.failures.emplace(domain, failure);
  }
  const bool begins = !streak.in_trouble && is_convincing(streak, part);
  streak.in_trouble = streak.in_trouble ? !streak.failures.empty() : begins;
  return begins;
}

bool HostHealth::is_held(std::string_view domain, std::chrono::sys_seconds now) const {
  if (connected_ && *connected_ <= now && now < *connected_ + connection_memory) {
    return false;
  }
  const auto& failures = streaks_[static_cast<std::size_t>(HostPart::route)].failures;
  const auto found = failures.find(domain);
  return found != failures.end() && found->second.is_public_v4 && now < found->second.first + hold_limit;
}

bool HostHealth::is_pausing(std::string_view domain, std::chrono::sys_seconds now) const {
  return std::ranges::any_of(streaks_, [&](const Streak& streak) {
    if (!streak.in_trouble) {
      return false;
    }
    const auto found = streak.failures.find(domain);
    return found != streak.failures.end() && found->second.pauses && now >= found->second.at &&
           now < found->second.at + pause;
  });
}

bool HostHealth::is_in_trouble() const {
  return std::ranges::any_of(streaks_, &Streak::in_trouble);
}

std::vector<std::string> HostHealth::domains(HostPart part) const {
  std::vector<std::string> names;
  for (const auto& [domain, failure] : streaks_[static_cast<std::size_t>(part)].failures) {
    names.push_back(domain);
  }
  return names;
}

}  // namespace mta_sts::sender
