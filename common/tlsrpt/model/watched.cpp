#include "tlsrpt/model/watched.hpp"

#include <algorithm>

namespace mta_sts::tlsrpt {

template <typename Row>
void Watched::count(const Row& row) {
  const WatchPart part = span_.part_of(row.day, row.imported);
  if (part == WatchPart::latest || part == WatchPart::late) {
    now.add(row);
  }
  if (part == WatchPart::earlier || (part == WatchPart::late && row.imported <= span_.known_until)) {
    before.add(row);
  }
}

void Watched::session(const SessionRow& row) {
  report_ += row.is_first ? 1 : 0;
  newest_import_ = std::max(newest_import_, row.imported);
  count(row);
  senders.add(row.organization, row, span_);
  domains.add(row.domain, row, span_);
  if (!row.is_shadowed) {
    weights.add(row, report_, span_);
  }
  if (row.policy_type == "tlsa") {
    dane.add(row, report_, span_);
  }
}

void Watched::failure(const FailureRow& row) {
  count(row);
}

}  // namespace mta_sts::tlsrpt
