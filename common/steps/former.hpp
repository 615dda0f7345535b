#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "steps/live.hpp"
#include "store/served_period.hpp"

namespace mta_sts::steps {

using Periods = std::vector<store::ServedPeriod>;  ///< of a domain, the oldest first

/// Gives what is served now; null where the domain is not in the store.
[[nodiscard]] const store::ServedPeriod* present_of(const Periods& periods);

/// Tells whether bytes that a policy host gave mean what a period served: its id is that of both.
[[nodiscard]] bool means_the_same(std::string_view body, const store::ServedPeriod& period);

/// Gives the policies seen live that the store never served for the domain. Whoever puts them into its
/// history knows how long senders may hold them.
[[nodiscard]] std::vector<std::string> unknown_bodies(const Periods& periods, const Live& live);

/// Gives the policies seen live that ask for TLS and are not the one that the store serves now: of each,
/// copies are fresh as long as it is seen.
[[nodiscard]] std::vector<std::string> old_bodies(const Periods& periods, const Live& live);

/// Tells whether the present policy is a test that no sender can know of: DNS announces another id, or none.
/// Its days do not count yet. False within an hour of its beginning, when it could not be otherwise.
[[nodiscard]] bool is_unannounced_test(const Periods& periods, const Live& live,
                                       std::chrono::sys_seconds now);

/// Tells until when senders may hold a policy of an earlier time that asks for TLS (enforce or testing); 1970
/// where none did. A sender that fetched it at its end keeps it for max_age, at most a year. RFC 8461
/// sections 3.2 and 8.3.
[[nodiscard]] std::chrono::sys_seconds old_copies_until(const Periods& periods);

/// Tells whether a policy that asks for TLS was seen at the policy host: no copy of it ages yet.
[[nodiscard]] bool is_old_policy_served(const Live& live);

/// Gives what is odd about the ids of a domain, one sentence each: an id that stood for another body before.
/// A sender that holds that body does not fetch the new one. RFC 8461 section 3.1.
[[nodiscard]] std::vector<std::string> warnings_of_ids(const Periods& periods);

/// What withdrawing a policy asks of the store now.
enum class Withdrawal : std::uint8_t {
  nothing,   ///< the domain is not in the store: it is done
  put_none,  ///< put mode none in
  wait,      ///< senders may hold the old policy: ask again at old_copies_until, or once it is served no more
  not_known,  ///< that time is over, but what is served could not be seen: ask again
  remove,     ///< that time is over: remove the domain
};

/// Decides it: none, then max_age of whatever was served, then removal. Where nothing was asked of the
/// network the times of the store count alone. RFC 8461 section 8.3.
[[nodiscard]] Withdrawal next_withdrawal(const Periods& periods, const Live& live,
                                         std::chrono::sys_seconds now);

}  // namespace mta_sts::steps
