#include "cli/store/opened_store.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/utc_time.hpp"
#include "base/utf8.hpp"
#include "publish/mail_domain.hpp"
#include "store/profile_name.hpp"

namespace mta_sts::cli {

void declare_store(Command command, StoreOptions& options) {
  command.option("--store PATH", options.path, "The file of the store").show_default();
}

std::expected<OpenedStore, ExitCode> open_store(Output& output, const StoreOptions& options) {
  auto reader = store::StoreReader::open(options.path);
  if (!reader) {
    return std::unexpected(report_store_error(output, reader.error()));
  }
  store::ReadSlot slot = (*reader)->slot();
  const auto snapshot = slot.begin();
  if (!snapshot) {
    return std::unexpected(report_store_error(output, snapshot.error()));
  }
  return OpenedStore{.reader = *std::move(reader), .slot = std::move(slot), .snapshot = *snapshot};
}

ExitCode exit_code_of(store::StoreErrorCode code) {
  using enum store::StoreErrorCode;
  switch (code) {
    case no_domain:
    case no_profile:
    case in_use:
    case alias_of_alias:
      return ExitCode::at_fault;
    case full:
    case busy:
      return ExitCode::temporary;
    case missing:
    case unreadable:
    case unwritable:
    case not_regular:
    case foreign:
    case other_version:
    case cut:
    case damaged:
    case replaced:
      break;
  }
  return ExitCode::wrong_use;
}

ExitCode report_store_error(Output& output, const store::StoreError& error) {
  output.error(to_string(error.code), error.detail);
  return exit_code_of(error.code);
}

std::optional<std::string> read_stored_domain(Output& output, const std::string& word) {
  const auto domain = publish::parse_mail_domain(word);
  if (!domain) {
    output.error(Fault{"bad-domain", text::quote_for_display(word) + " " + domain.error()});
    return std::nullopt;
  }
  return domain->text();
}

std::optional<std::string> read_profile_name(Output& output, const std::string& word) {
  if (!store::is_profile_name(word)) {
    output.error(
        Fault{"bad-option", text::quote_for_display(word) + ": " + std::string(store::profile_name_rule)});
    return std::nullopt;
  }
  return word;
}

void add_period(nlohmann::ordered_json& object, const store::ServedPeriod& period) {
  object["since"] = iso_text(period.since);
  object["until"] = period.until ? nlohmann::ordered_json(iso_text(*period.until)) : nlohmann::ordered_json();
  object["through"] = period.through;
  object["mode"] = to_string(period.mode);
  object["max_age"] = period.max_age_seconds;
  object["serial"] = period.serial;
  object["id"] = period.id;
  object["policy"] = period.body;
}

}  // namespace mta_sts::cli
