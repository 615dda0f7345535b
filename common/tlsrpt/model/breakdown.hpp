#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tlsrpt/model/metrics.hpp"

namespace mta_sts::tlsrpt {

/// Who saw a failure, of whom, and where: what a breakdown adds up by.
struct FailureSpot {
  std::string domain;
  std::string organization;
  std::string result_type;
  std::string host;
  std::string receiving_ip;
  std::string sending_ip;

  auto operator<=>(const FailureSpot&) const = default;
};

/// Names in an order, and each one's place in it.
class RankedNames {
 public:
  void add(const std::string& name) {
    if (places_.try_emplace(name, names_.size()).second) {
      names_.push_back(name);
    }
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] bool contains(std::string_view name) const { return places_.find(name) != places_.end(); }

  /// Gives how many names are before this one; nothing where it is not among them.
  [[nodiscard]] std::optional<std::size_t> place_of(std::string_view name) const {
    const auto found = places_.find(name);
    return found == places_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

/// What failed for the domains, senders and hosts with the most failed sessions. The rows are given to it
/// after metrics have been made of the same ones, which tell who those are.
class Breakdown final : public RowSink {
 public:
  using Spots = std::map<FailureSpot, Failures>;
  using Pairs = std::map<std::pair<std::string, std::string>, Sessions>;

  /// The most entries of spots and of pairs: what comes later is left out.
  static constexpr std::size_t table_limit = 50'000;

  /// Looks at `limit` domains, as many senders and as many hosts, as far as sessions of them failed; at no
  /// domain where there is only one.
  Breakdown(const Metrics& metrics, std::size_t limit);

  void session(const SessionRow& row) override;
  void failure(const FailureRow& row) override;

  /// Gives the names that are looked at, those with the most failed sessions first.
  [[nodiscard]] const RankedNames& domains() const { return domains_; }
  [[nodiscard]] const RankedNames& organizations() const { return organizations_; }
  [[nodiscard]] const RankedNames& hosts() const { return hosts_; }

  /// Gives what failed for any of them.
  [[nodiscard]] const Spots& spots() const { return spots_; }

  /// Gives the sessions of the pairs of a domain and a sender of which one is looked at.
  [[nodiscard]] const Pairs& pairs() const { return pairs_; }

  /// Tells whether nothing was left out for want of room.
  [[nodiscard]] bool is_complete() const { return is_complete_; }

 private:
  RankedNames domains_;
  RankedNames organizations_;
  RankedNames hosts_;
  Spots spots_;
  Pairs pairs_;
  bool is_complete_ = true;
};

}  // namespace mta_sts::tlsrpt
