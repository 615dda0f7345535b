#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/publish/publish_batch.hpp"
#include "cli/store/opened_store.hpp"

namespace mta_sts::cli {

/// What `publish` and `rollout` are both told.
struct PublishOptions {
  StoreOptions store;
  std::vector<std::string> rua;
  std::string host;
  std::vector<std::string> addresses;
  unsigned ttl_seconds = 300;
  std::vector<std::string> dns;
  std::string ca{"/etc/ssl/certs/ca-certificates.crt"};
  std::uint16_t https_port = 443;
  unsigned timeout_seconds = 30;
  bool allow_private = false;
  bool offline = false;
  bool nsupdate = false;
};

/// Declares --rua, --host, --address and --ttl.
void declare_records(Command command, PublishOptions& options);

/// Declares --nsupdate, and --json, which excludes it.
void declare_output(Command command, PublishOptions& options);

/// Declares --offline, --dns, --ca, --https-port, --allow-private and --timeout; gives the first.
Option declare_network(Command command, PublishOptions& options);

/// Looks whether the file of --store is there, for a command that stores nothing in a new one: a wrong path
/// is not taken for a store without the domain. The usual file may be missing, as not everybody has a store.
[[nodiscard]] std::optional<PublishFault> why_no_store(const StoreOptions& options);

/// Gives the run that they ask for, which asks no mail host.
[[nodiscard]] PublishRun run_of(const PublishOptions& options);

/// Gives what DNS should say.
[[nodiscard]] steps::Desired desired_of(const PublishOptions& options);

/// Says on standard error why nothing was done, and gives the exit code of it.
ExitCode tell_fault(Output& output, const PublishFault& fault);

}  // namespace mta_sts::cli
