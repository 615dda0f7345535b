#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/number.hpp"
#include "base/utf8.hpp"
#include "cli/input.hpp"
#include "cli/progress.hpp"
#include "cli/store/opened_store.hpp"
#include "cli/store/store_commands.hpp"
#include "store/lines/entry_line.hpp"
#include "store/lines/import_batch.hpp"
#include "store/writer.hpp"

namespace mta_sts::cli {
namespace {

// A million domains take 200 MB.
constexpr std::size_t import_limit_bytes = std::size_t{4} << 30U;
constexpr std::string_view csv_heading = "domain,words";

std::string place_of(const StoreOptions& options, std::size_t line) {
  return text::escape_for_display(options.file) + ":" + std::to_string(line) + ": ";
}

// All lines, or the first fault, which is told.
bool read_lines(Output& output, const StoreOptions& options, std::string_view bytes,
                store::ImportBatch& batch) {
  Progress progress("lines read", static_cast<std::size_t>(std::ranges::count(bytes, '\n')));
  store::EntryReader reader;
  const auto now = SystemClock().now();
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    progress.step();
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty() || (number == 1 && line == csv_heading)) {
      continue;
    }
    const auto entry = reader.read(line);
    if (!entry) {
      output.error(entry.error().word,
                   place_of(options, number) + entry.error().detail + "; nothing was stored");
      return false;
    }
    batch.add(*entry, number, now);
  }
  if (const auto repeated = batch.sort()) {
    output.error(Fault{"input-invalid", place_of(options, repeated->second) +
                                            text::quote_for_display(repeated->name, 253) + " is in line " +
                                            std::to_string(repeated->first) + " too; nothing was stored"});
    return false;
  }
  return true;
}

ExitCode run_store_import(Output& output, const StoreOptions& options, const Command&) {
  store::ImportBatch batch;
  {
    const auto bytes = read_input(options.file, import_limit_bytes);
    if (!bytes) {
      output.error(bytes.error());
      return ExitCode::wrong_use;
    }
    if (bytes->size() > import_limit_bytes) {
      output.error(Fault{"input-invalid", text::escape_for_display(options.file) +
                                              ": larger than 4 GiB; import it in parts; nothing was stored"});
      return ExitCode::wrong_use;
    }
    if (!read_lines(output, options, *bytes, batch)) {
      return ExitCode::at_fault;
    }
  }
  auto writer = store::StoreWriter::begin(options.path, store::Creation::if_missing, batch.bytes());
  if (!writer) {
    return report_store_error(output, writer.error());
  }
  Progress progress("stored", batch.size());
  const auto counts = batch.store_in(
      *writer, [&progress] { progress.step(); },
      [](std::size_t, std::string_view, const store::RecordView&, const store::StoreError&) {
        return false;
      });
  if (!counts) {
    store::StoreError error = counts.error().error;
    if (counts.error().line > 0) {
      error.detail = place_of(options, counts.error().line) + error.detail + "; nothing was stored";
    }
    return report_store_error(output, error);
  }
  if (const auto committed = writer->commit(); !committed) {
    return report_store_error(output, committed.error());
  }
  if (options.json) {
    output.line(
        nlohmann::ordered_json{{"changed", counts->changed}, {"unchanged", counts->unchanged}}.dump());
  } else {
    output.line(text::render_grouped(counts->changed) + " changed, " +
                text::render_grouped(counts->unchanged) + " unchanged");
  }
  return ExitCode::ok;
}

}  // namespace

void add_store_import(Command store, Session& session) {
  const auto declare = [](Command command, StoreOptions& options) {
    command.option("FILE", options.file, "JSON lines or CSV; - is standard input").required();
    declare_store(command, options);
    command.flag("--json", options.json, "Print the counts as one JSON object");
    command.footer(
        "All lines are stored, or none; domains that no line names stay. Every policy is checked as those of "
        "'mta-sts store\n"
        "set' are. Creates the store if it does not exist. A line is one of:\n"
        "  {\"domain\": \"example.com\", \"mode\": \"enforce\", \"mx\": [\"mail.example.com\"], \"max_age\": "
        "604800}\n"
        "  {\"domain\": \"example.com\", \"profile\": \"hosted\"} or with \"alias\" or \"policy\"\n"
        "  {\"profile\": \"hosted\", \"mode\": \"testing\", \"mx\": [\"*.example.net\"]}\n"
        "  example.com,enforce mx=mail.example.com max_age=1w\n"
        "  example.com,profile=hosted or alias=example.net; @hosted,testing mx=*.example.net\n\n"
        "Exit codes: 0 success, 1 a line is at fault, 2 usage error, unreadable file or store, 3 the store "
        "is busy "
        "or its\n"
        "disk is full.\n\n"
        "Example:\n"
        "  mta-sts store import domains.csv");
  };
  add_command<StoreOptions>(store, session, "import", "Store the policies of many domains at once", declare,
                            run_store_import);
}

}  // namespace mta_sts::cli
