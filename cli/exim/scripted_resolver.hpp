#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "base/fault.hpp"

namespace mta_sts::cli {

/// What the resolver says of a domain without a policy.
inline constexpr std::string_view no_policy = "mode=none source=none";

/// Answers every question for a verdict with one line, at a socket of its own: to see what Exim would do.
class ScriptedResolver {
 public:
  /// Listens at `path`, where no file may be, for every user of this host. Error: output-unwritable.
  [[nodiscard]] static std::expected<std::unique_ptr<ScriptedResolver>, Fault> listen(
      const std::string& path);
  ScriptedResolver(const ScriptedResolver&) = delete;
  ScriptedResolver& operator=(const ScriptedResolver&) = delete;
  ~ScriptedResolver();

  /// Sets the line that is answered from now on, without its line end, and forgets what was asked. Where
  /// `domain` is not empty, the line is for that domain alone, and all others have no policy.
  void answer(std::string line, std::string domain = {});

  /// Gives the domains that were asked for since then.
  [[nodiscard]] std::vector<std::string> asked();

 private:
  ScriptedResolver(Descriptor socket, std::string path);
  void serve();
  void serve_one(int connection);

  Descriptor socket_;
  std::string path_;
  std::mutex mutex_;
  std::string line_;
  std::string domain_;
  std::vector<std::string> asked_;
  std::thread thread_;
};

}  // namespace mta_sts::cli
