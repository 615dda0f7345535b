#include "tlsrpt/model/breakdown.hpp"

#include "tlsrpt/model/ranking.hpp"

namespace mta_sts::tlsrpt {
namespace {

std::uint64_t failed(const Sessions& sessions) {
  return sessions.failure;
}

std::uint64_t failed(const Failures& failures) {
  return failures.count;
}

template <typename Ranked>
RankedNames names_that_failed(const Ranked& entries) {
  RankedNames names;
  for (const auto& [name, value] : entries) {
    if (failed(*value) > 0 && *name != Metrics::table_rest) {
      names.add(*name);
    }
  }
  return names;
}

// The entry of a key; nothing where hostile reports have filled the table.
template <typename Table>
typename Table::mapped_type* entry_with_room(Table& table, typename Table::key_type key) {
  if (table.size() >= Breakdown::table_limit && !table.contains(key)) {
    return nullptr;
  }
  return &table[std::move(key)];
}

}  // namespace

Breakdown::Breakdown(const Metrics& metrics, std::size_t limit)
    : organizations_(names_that_failed(worst(metrics.organizations, limit))),
      hosts_(names_that_failed(most(metrics.hosts, limit))) {
  if (metrics.domains.size() > 1) {  // what is said of a single one is all there is
    domains_ = names_that_failed(worst(metrics.domains, limit));
  }
}

void Breakdown::session(const SessionRow& row) {
  if (row.is_shadowed || (!domains_.contains(row.domain) && !organizations_.contains(row.organization))) {
    return;
  }
  Sessions* const entry =
      entry_with_room(pairs_, std::pair(std::string(row.domain), std::string(row.organization)));
  if (entry != nullptr) {
    entry->add(row.sessions);
  }
  is_complete_ = is_complete_ && entry != nullptr;
}

void Breakdown::failure(const FailureRow& row) {
  const bool is_looked_at =
      domains_.contains(row.domain) || organizations_.contains(row.organization) || hosts_.contains(row.host);
  if (!is_looked_at || !is_counted(row)) {
    return;
  }
  Failures* const entry = entry_with_room(spots_, FailureSpot{.domain = std::string(row.domain),
                                                              .organization = std::string(row.organization),
                                                              .result_type = std::string(row.result_type),
                                                              .host = std::string(row.host),
                                                              .receiving_ip = std::string(row.receiving_ip),
                                                              .sending_ip = std::string(row.sending_ip)});
  if (entry != nullptr) {
    entry->add(row.count, row.day);
  }
  is_complete_ = is_complete_ && entry != nullptr;
}

}  // namespace mta_sts::tlsrpt
