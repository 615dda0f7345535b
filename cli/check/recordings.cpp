#include "cli/check/recordings.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <system_error>

#include "base/utf8.hpp"
#include "check/facts_json.hpp"
#include "cli/input.hpp"
#include "file/replace_file.hpp"

namespace mta_sts::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t recording_limit_bytes = 64UL * 1024 * 1024;

std::string path_of(const std::string& folder, const std::string& domain) {
  return folder + "/" + domain + ".json";
}

std::unexpected<Fault> failure(FaultWord word, const std::string& place, const std::string& what) {
  return std::unexpected(Fault{word, text::escape_for_display(place) + ": " + what});
}

}  // namespace

std::expected<std::vector<std::string>, Fault> recordings_of(const std::string& place,
                                                             const std::vector<CheckTarget>& targets) {
  std::error_code error;
  std::vector<std::string> paths;
  if (!fs::is_directory(place, error)) {
    if (!targets.empty()) {
      return failure("usage-error", place,
                     "this is no folder; name the folder, or leave the domains out to replay one file");
    }
    return std::vector{place};
  }
  for (const CheckTarget& target : targets) {
    paths.push_back(path_of(place, target.domain.text()));
  }
  if (!paths.empty()) {
    return paths;
  }
  for (fs::directory_iterator at(place, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".json") {
      paths.push_back(at->path().string());
    }
  }
  if (error) {
    return failure("input-unreadable", place, error.message());
  }
  if (paths.empty()) {
    return failure("usage-error", place, "there is no recording (DOMAIN.json) in this folder");
  }
  std::ranges::sort(paths);
  return paths;
}

std::expected<check::Facts, Fault> read_recording(const std::string& path) {
  const auto bytes = read_input(path, recording_limit_bytes);
  if (!bytes) {
    return std::unexpected(bytes.error());
  }
  auto facts = check::parse_facts(*bytes);
  if (!facts) {
    return failure(facts.error().word, path, facts.error().detail);
  }
  return facts;
}

std::expected<void, Fault> write_recording(const std::string& folder, const check::Facts& facts) {
  return write_file(path_of(folder, facts.domain), check::render_facts(facts));
}

}  // namespace mta_sts::cli
