#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cli/check/history_file.hpp"
#include "cli/publish/publish_batch.hpp"
#include "cli/publish/rollout_reports.hpp"
#include "steps/rollout.hpp"

namespace mta_sts::cli {

struct RolloutRun {
  PublishRun publish;
  std::string helo_name;  ///< for the mail hosts; empty: this host's name
  steps::RolloutWish wish;
  RolloutReports reports;
  std::optional<HistoryFile> history;  ///< of what diagnoses saw
  std::optional<std::chrono::sys_seconds> served_since;
  bool apply = false;
};

/// A domain on its way.
struct RolloutJob {
  PublishJob publish;
  steps::Rollout rollout;
  steps::NetworkAnswer reports{.detail = {}};  ///< looked at where enforce is next or reached
  std::vector<std::string> not_known;          ///< and what is assumed in its place; safe to show
};

/// Finds out where a domain stands, and with `apply` does the store's part of its next stage, if its time has
/// come. Error: the store, the network, the reports or the history cannot be used, or the stage is not the
/// store's: domain-not-stored, policy-shared.
[[nodiscard]] std::expected<RolloutJob, PublishFault> run_rollout(RolloutRun& run, PublishRequest request);

}  // namespace mta_sts::cli
