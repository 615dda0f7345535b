#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mta_sts::resolver {

/// Talks to the service manager as sd_notify(3) does; silent where none listens.
class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment and takes them out of it.
  ServiceManager();

  void ready(std::string_view status) const;
  void reloading() const;
  void stopping() const;
  void alive() const;

  /// How often alive() is due (half of what the manager waits), or nothing where it does not watch.
  [[nodiscard]] std::optional<std::chrono::milliseconds> watchdog_interval() const { return watchdog_; }

 private:
  void send(std::string_view state) const;

  std::string socket_path_;
  std::optional<std::chrono::milliseconds> watchdog_;
};

}  // namespace mta_sts::resolver
