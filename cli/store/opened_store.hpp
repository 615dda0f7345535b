#pragma once

#include <expected>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "store/contents.hpp"
#include "store/periods.hpp"
#include "store/reader.hpp"
#include "store/store_error.hpp"

namespace mta_sts::cli {

/// What the subcommands of `store` are told.
struct StoreOptions {
  std::string path = "/var/lib/mta-sts-store/store.mdb";
  std::vector<std::string> domains;
  std::string domain;
  std::string name;
  std::vector<std::string> words;
  std::string profile;
  std::string alias;
  std::string file;
  bool host = false;
  bool hosts = false;
  bool remove = false;
  bool json = false;
};

/// Declares --store.
void declare_store(Command command, StoreOptions& options);

/// A store that is open for reading, and one state of it.
struct OpenedStore {
  std::unique_ptr<store::StoreReader> reader;
  store::ReadSlot slot;
  store::SnapshotView snapshot;
};

/// Opens the store of the command line, or says on standard error why it cannot, and gives the exit code of
/// that.
[[nodiscard]] std::expected<OpenedStore, ExitCode> open_store(Output& output, const StoreOptions& options);

/// Gives the exit code of an error of the store: the one table for all of its words.
[[nodiscard]] ExitCode exit_code_of(store::StoreErrorCode code);

/// Says on standard error what went wrong with the store, and gives the exit code of it.
[[nodiscard]] ExitCode report_store_error(Output& output, const store::StoreError& error);

/// Reads a domain of the command line as A-labels; nothing where it is none, which is told.
[[nodiscard]] std::optional<std::string> read_stored_domain(Output& output, const std::string& word);

/// Reads the name of a profile; nothing where it is none, which is told.
[[nodiscard]] std::optional<std::string> read_profile_name(Output& output, const std::string& word);

/// Adds a period's times, policy and id to an object.
void add_period(nlohmann::ordered_json& object, const store::ServedPeriod& period);

}  // namespace mta_sts::cli
