#include "sender/decide/holder_shares.hpp"

#include <algorithm>

namespace mta_sts::sender {
namespace {

CacheAmounts amounts_of(const DomainEntry::Counted& counted) {
  return {1, counted.bytes, counted.row_bytes};
}

}  // namespace

HolderShares::HolderShares(const CacheAmounts& limits) : limits_(limits), least_shares_{} {
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    least_shares_[i] = fair_share(limits_[i], limits_[at(CacheResource::entries)]);
  }
}

void HolderShares::count(std::uint64_t holder, Holder& of, const CacheAmounts& used) {
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (of.used[i] == used[i]) {
      continue;
    }
    if (of.used[i] > least_shares_[i]) {
      by_size_[i].erase({of.used[i], holder});
    }
    if (used[i] > least_shares_[i]) {
      by_size_[i].emplace(used[i], holder);
    }
  }
  of.used = used;
}

void HolderShares::add(DomainEntry::Node& node) {
  DomainEntry::Counted& counted = node.second.counted;
  Holder& holder = holders_[counted.holder];
  CacheAmounts used = holder.used;
  const CacheAmounts more = amounts_of(counted);
  for (std::size_t i = 0; i < used.size(); ++i) {
    used[i] += more[i];
  }
  count(counted.holder, holder, used);
  if (holder.next == nullptr) {
    holder.next = counted.next = counted.before = &node;
    return;
  }
  counted.next = holder.next;
  counted.before = holder.next->second.counted.before;
  counted.before->second.counted.next = counted.next->second.counted.before = &node;
}

void HolderShares::remove(DomainEntry::Node& node) {
  DomainEntry::Counted& counted = node.second.counted;
  const auto found = holders_.find(counted.holder);
  if (counted.next == nullptr || found == holders_.end()) {
    return;
  }
  Holder& holder = found->second;
  CacheAmounts used = holder.used;
  const CacheAmounts less = amounts_of(counted);
  for (std::size_t i = 0; i < used.size(); ++i) {
    used[i] -= less[i];
  }
  count(counted.holder, holder, used);
  if (used[at(CacheResource::entries)] == 0) {
    holders_.erase(found);
  } else {
    counted.before->second.counted.next = counted.next;
    counted.next->second.counted.before = counted.before;
    holder.next = holder.next == &node ? counted.next : holder.next;
  }
  counted.next = counted.before = nullptr;
}

ShareView HolderShares::share_of(std::uint64_t holder, CacheResource resource, std::size_t more) const {
  const auto found = holders_.find(holder);
  const bool is_new = found == holders_.end();
  const auto& sizes = by_size_[at(resource)];
  return {.limit = limits_[at(resource)],
          .holders = holders_.size() + (is_new ? 1 : 0),
          .own = (is_new ? 0 : found->second.used[at(resource)]) + more,
          .largest = sizes.empty() ? 0 : sizes.rbegin()->first};
}

std::uint64_t HolderShares::largest(CacheResource resource) const {
  const auto& sizes = by_size_[at(resource)];
  return sizes.empty() ? 0 : sizes.rbegin()->second;
}

void HolderShares::visit_some(std::uint64_t holder, std::size_t number,
                              const std::function<void(const DomainEntry::Node&)>& visit) {
  const auto found = holders_.find(holder);
  if (found == holders_.end()) {
    return;
  }
  DomainEntry::Node*& next = found->second.next;
  for (std::size_t i = std::min(number, found->second.used[at(CacheResource::entries)]); i > 0; --i) {
    visit(*next);
    next = next->second.counted.next;
  }
}

}  // namespace mta_sts::sender
