#include "cli/store/stored_words.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.hpp"
#include "cli/policy/words.hpp"
#include "store/writer.hpp"

namespace mta_sts::cli {
namespace {

void show_stored(Output& output, const StoreOptions& options, store::Owner owner, std::string_view name,
                 const store::RecordView& record, bool is_changed) {
  if (options.json) {
    nlohmann::ordered_json object{{owner == store::Owner::domain ? "domain" : "profile", name},
                                  {"changed", is_changed},
                                  {"kind", to_string(record.kind)}};
    const bool is_policy = record.kind == store::RecordKind::policy;
    object[is_policy ? "id" : "of"] = is_policy ? record.id : record.text;
    output.line(object.dump(-1, ' ', true));
    return;
  }
  std::string line(name);
  line += is_changed ? ": stored, " : ": unchanged, ";
  line += record.kind == store::RecordKind::policy    ? "id "
          : record.kind == store::RecordKind::profile ? "with the profile "
                                                      : "as an alias of ";
  line += record.kind == store::RecordKind::policy ? record.id : record.text;
  output.line(line);
}

}  // namespace

ExitCode store_record(Output& output, const StoreOptions& options, store::Owner owner, std::string_view name,
                      const store::RecordView& record) {
  auto writer = store::StoreWriter::begin(options.path, store::Creation::if_missing, record.text.size());
  if (!writer) {
    return report_store_error(output, writer.error());
  }
  const auto changed = writer->put(owner, name, record);
  if (!changed) {
    return report_store_error(output, changed.error());
  }
  if (const auto committed = writer->commit(); !committed) {
    return report_store_error(output, committed.error());
  }
  show_stored(output, options, owner, name, record, *changed);
  return ExitCode::ok;
}

ExitCode store_words(Output& output, const StoreOptions& options, store::Owner owner, std::string_view name) {
  const PolicyFromWords made = policy_from_words(output, options.words);
  if (!made.policy) {
    return made.exit_code;
  }
  return store_record(output, options, owner, name,
                      store::record_of(*made.policy, made.serial, SystemClock().now()));
}

}  // namespace mta_sts::cli
