#pragma once

#include <string>
#include <vector>

#include "steps/plan.hpp"

namespace mta_sts::steps {

/// Tells whether mta-sts.DOMAIN leads where it should; true where nothing is desired of it.
[[nodiscard]] bool is_host_as_desired(const Live& live, const Desired& desired);

/// Gives the record sets of the policy host: its CNAME or its addresses; none where nothing is desired.
[[nodiscard]] std::vector<RecordChange> host_records(const Situation& situation);

/// Gives those that go with the domain: its TXT record and what the policy host has.
[[nodiscard]] std::vector<RecordChange> records_to_remove(const Situation& situation, Due due);

/// Tells whether the TLSRPT record has the URIs that it should.
[[nodiscard]] bool is_reports_as_desired(const Live& live, const Desired& desired);

}  // namespace mta_sts::steps
