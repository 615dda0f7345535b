#include "sender/fetch/fetch_places.hpp"

#include <algorithm>
#include <iterator>

namespace mta_sts::sender {
namespace {

constexpr std::size_t dead_limit = 1024;

// What fetches that may wait leave for those of which no failure is known.
std::size_t without_reserve(std::size_t places) {
  return places - places / 4;
}

}  // namespace

FetchPlaces::Ticket FetchPlaces::queue(const IpAddress& address, FetchRank rank, Time now) {
  const Ticket ticket = ++last_ticket_;
  const IpAddress network = address.network();
  fetches_.emplace(ticket, Fetch{.address = network, .since = now, .rank = rank, .place = {}});
  waiting_of(rank)[network].push_back(ticket);
  ++waiting_count_;
  return ticket;
}

bool FetchPlaces::has_place(const IpAddress& address, FetchRank rank) const {
  const auto at = addresses_.find(address);
  const std::size_t here = at == addresses_.end() ? 0 : at->second.running;
  const bool first = rank == FetchRank::first;
  return running_ < (first ? limits_.places : without_reserve(limits_.places)) &&
         here < (first ? limits_.places_per_address : without_reserve(limits_.places_per_address));
}

bool FetchPlaces::has_slow_place(const IpAddress& address) const {
  const auto at = addresses_.find(address);
  return at != addresses_.end() && at->second.slow >= limits_.places_per_address &&
         at->second.slow < limits_.slow_per_address && slow_ < limits_.slow_places;
}

std::optional<FetchPlaces::Ticket> FetchPlaces::begin_next(Time now) {
  if (waiting_count_ == 0) {
    return std::nullopt;
  }
  auto ticket = start_next(FetchRank::first, now);
  ticket = ticket ? ticket : start_next(FetchRank::again, now);
  if (!ticket) {
    set_slow_apart(now);
    ticket = start_next(FetchRank::first, now);
    ticket = ticket ? ticket : start_next(FetchRank::again, now);
  }
  return ticket;
}

std::optional<FetchPlaces::Ticket> FetchPlaces::start_next(FetchRank rank, Time now) {
  Waiting& waiting = waiting_of(rank);
  auto at = last_served_ ? waiting.upper_bound(*last_served_) : waiting.begin();
  for (std::size_t i = 0; i < waiting.size(); ++i, ++at) {
    at = at == waiting.end() ? waiting.begin() : at;
    const bool regular = has_place(at->first, rank);
    if (!regular && !(rank == FetchRank::first && has_slow_place(at->first))) {
      continue;
    }
    const Ticket ticket = at->second.front();
    Fetch& fetch = fetches_.at(ticket);
    fetch.state = regular ? State::running : State::slow;
    fetch.since = now;
    fetch.place = begun_.insert(begun_.end(), ticket);
    Address& address = addresses_[fetch.address];
    ++(regular ? running_ : slow_);
    ++(regular ? address.running : address.slow);
    --waiting_count_;
    last_served_ = at->first;
    at->second.pop_front();
    if (at->second.empty()) {
      waiting.erase(at);
    }
    return ticket;
  }
  return std::nullopt;
}

void FetchPlaces::set_slow_apart(Time now) {
  crowded_.clear();
  all_crowded_ = false;
  for (const Ticket ticket : begun_) {
    Fetch& fetch = fetches_.at(ticket);
    if (now - fetch.since < slow_after) {
      break;  // they stand in the order in which they began
    }
    if (fetch.state == State::slow) {
      continue;
    }
    Address& address = addresses_.at(fetch.address);
    if (address.slow >= limits_.slow_per_address) {
      crowded_.insert(fetch.address);
    } else if (slow_ >= limits_.slow_places) {
      all_crowded_ = true;
    } else {
      fetch.state = State::slow;
      --running_;
      --address.running;
      ++slow_;
      ++address.slow;
    }
  }
}

std::optional<FetchPlaces::Ticket> FetchPlaces::give_up(Time now) const {
  const Waiting& waiting = waiting_[static_cast<std::size_t>(FetchRank::first)];
  if (waiting.empty()) {
    return std::nullopt;
  }
  for (const Ticket ticket : begun_) {
    const Fetch& fetch = fetches_.at(ticket);
    if (now - fetch.since < least_time) {
      break;
    }
    const bool helps = all_crowded_ || (crowded_.contains(fetch.address) && waiting.contains(fetch.address));
    if (fetch.state == State::slow && helps) {
      return ticket;
    }
  }
  return std::nullopt;
}

std::vector<FetchPlaces::Ticket> FetchPlaces::waiting_since(Time limit, Time now) const {
  std::vector<Ticket> found;
  for (const auto& [ticket, fetch] : fetches_) {
    if (fetch.state == State::waiting && now - fetch.since >= limit) {
      found.push_back(ticket);
    }
  }
  return found;
}

std::vector<FetchPlaces::Ticket> FetchPlaces::waiting_at(const IpAddress& address) const {
  std::vector<Ticket> found;
  for (const Waiting& waiting : waiting_) {
    if (const auto at = waiting.find(address.network()); at != waiting.end()) {
      found.insert(found.end(), at->second.begin(), at->second.end());
    }
  }
  return found;
}

void FetchPlaces::leave(Ticket ticket) {
  const auto found = fetches_.find(ticket);
  if (found == fetches_.end()) {
    return;
  }
  const Fetch& fetch = found->second;
  if (fetch.state == State::waiting) {
    Waiting& waiting = waiting_of(fetch.rank);
    const auto at = waiting.find(fetch.address);
    std::erase(at->second, ticket);
    if (at->second.empty()) {
      waiting.erase(at);
    }
    --waiting_count_;
  } else {
    begun_.erase(fetch.place);
    const auto at = addresses_.find(fetch.address);
    const bool slow = fetch.state == State::slow;
    --(slow ? slow_ : running_);
    --(slow ? at->second.slow : at->second.running);
    if (at->second.slow + at->second.running == 0) {
      addresses_.erase(at);
    }
  }
  fetches_.erase(found);
}

void FetchPlaces::note_dead(const IpAddress& address, Time now) {
  if (dead_.size() >= dead_limit) {
    std::erase_if(dead_, [&](const auto& entry) { return entry.second <= now; });
  }
  if (dead_.size() < dead_limit) {
    dead_[address] = now + dead_for;
  }
}

bool FetchPlaces::is_dead(const IpAddress& address, Time now) const {
  const auto found = dead_.find(address);
  return found != dead_.end() && now < found->second;
}

}  // namespace mta_sts::sender
