#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tlsrpt/model/authentication.hpp"

namespace mta_sts::tlsrpt {

/// What is kept of a report that came.
struct SeenReport {
  std::uint64_t key = 0;         ///< a hash of what makes it the same report
  std::uint64_t content = 0;     ///< a mark of what it says
  std::uint64_t check : 48 = 0;  ///< of another hash of the key: one that meets by chance is no duplicate
  std::uint64_t authentication : 8 = 0;
  std::uint64_t is_taken : 8 = 0;
};

/// A table of reports by their key. Its entries stand in one block, at least half and at most four fifths of
/// them taken once there are a hundred: 30 to 50 bytes a report, where a map takes 60.
class SeenReports {
 public:
  /// Keeps `report` if none of its key is kept. Gives the one that was kept before, valid until the next
  /// call, or nothing.
  const SeenReport* find_or_add(const SeenReport& report);

 private:
  [[nodiscard]] std::size_t place_of(std::uint64_t key) const;
  void grow();

  std::vector<SeenReport> places_;  // a power of two
  std::size_t taken_ = 0;
};

}  // namespace mta_sts::tlsrpt
