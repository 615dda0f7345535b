#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tlsrpt/history/history.hpp"
#include "tlsrpt/model/standing.hpp"

namespace mta_sts::tlsrpt {

/// What is watched together: another choice of words is another watch, with a memory of its own.
struct Watch {
  std::string domain;  ///< empty: all
  Target target;
  unsigned days = 0;
  bool expects_reports = false;
};

/// What one alert leaves for the next of the same watch.
struct WatchState {
  std::optional<std::chrono::sys_seconds> judged;  ///< the latest import that was; none: no alert was
  std::vector<Standing> standing;
};

/// What alerts remember, in the history.
class AlertMemory {
 public:
  virtual ~AlertMemory() = default;

  /// Gives what there is a memory of.
  [[nodiscard]] virtual History::Result<std::vector<Watch>> watches() = 0;

  [[nodiscard]] virtual History::Result<WatchState> load(const Watch& watch) = 0;

  /// Replaces what is remembered, all of it or, on an error, nothing.
  [[nodiscard]] virtual History::Result<void> save(const Watch& watch, const WatchState& state) = 0;
};

/// Opens the memory of a history that is there, by the name of the history, to read it or to write it too;
/// null where it is to be written and a server lets this user not.
[[nodiscard]] History::Result<std::unique_ptr<AlertMemory>> open_alert_memory(const std::string& name,
                                                                              HistoryAccess access);

}  // namespace mta_sts::tlsrpt
