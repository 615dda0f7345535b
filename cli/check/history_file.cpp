#include "cli/check/history_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/utf8.hpp"
#include "cli/input.hpp"
#include "file/append_file.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::size_t history_limit_bytes = 64UL * 1024 * 1024;

std::unexpected<Fault> failure(const std::string& path, std::string_view what) {
  return std::unexpected(Fault{"input-invalid", text::escape_for_display(path) + ": " + std::string(what)});
}

}  // namespace

std::expected<HistoryFile, Fault> HistoryFile::read(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return HistoryFile(path, {});
  }
  const auto bytes = read_input(path, history_limit_bytes);
  if (!bytes) {
    return std::unexpected(bytes.error());
  }
  if (bytes->size() > history_limit_bytes) {
    return failure(path, "larger than 64 MiB; keep only the newest lines");
  }
  auto history = check::CheckHistory::parse(*bytes);
  if (!history) {
    return failure(path, "line " + std::to_string(history.error()) +
                             " is not a line of a history; remove it, or name another file");
  }
  return HistoryFile(path, *std::move(history));
}

std::expected<void, Fault> HistoryFile::add(check::Facts& facts) {
  facts.history = history_.of(facts.domain);
  const auto entry = history_.new_entry(facts);
  if (!entry) {
    return {};
  }
  facts.history.push_back(*entry);
  auto written = append_file(path_, check::render_line(facts.domain, *entry));
  if (written) {
    history_.add(facts.domain, *entry);
  }
  return written;
}

}  // namespace mta_sts::cli
