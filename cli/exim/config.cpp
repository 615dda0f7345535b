#include "cli/exim/config.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace mta_sts::cli {
namespace {

FileRights rights_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return {.mode = 0640};
  }
  // Exim refuses files that others than root may write.
  return {.mode = static_cast<mode_t>(info.st_mode & 0644), .group = info.st_gid};
}

// By the error number of the call that just failed.
std::unexpected<Fault> failure(const std::string& what) {
  return std::unexpected(Fault{"output-unwritable", what + ": " + std::strerror(errno)});
}

}  // namespace

std::expected<LoadedExim, Fault> load_exim(const EximProgram& exim) {
  if (::geteuid() != 0) {
    return std::unexpected(Fault{"exim-unusable", "Exim shows its macros and hidden options only to root"});
  }
  LoadedExim loaded;
  const auto version = exim.ask({"-bV"});
  if (!version) {
    return std::unexpected(version.error());
  }
  loaded.build = eximcheck::read_build(*version);
  auto flat = exim.ask({"-bP", "config"});
  if (!flat) {
    return std::unexpected(flat.error());
  }
  loaded.flat = *std::move(flat);
  loaded.configuration = eximconf::read_configuration(loaded.flat);
  if (loaded.configuration.file.empty()) {
    return std::unexpected(
        Fault{"exim-unusable", "Exim does not show its configuration (\"-bP config\" prints nothing)"});
  }
  loaded.settings = eximconf::settings_of(loaded.configuration);
  loaded.settings.question =
      loaded.build.has_dlfunc ? eximconf::Question::plugin : eximconf::Question::readsocket;
  loaded.settings.has_dane = loaded.build.has_dane;
  loaded.settings.has_dnsdb = loaded.build.has_dnsdb;
  loaded.settings.has_dkim = loaded.build.has_dkim;
  loaded.rights = rights_of(loaded.configuration.file);
  return loaded;
}

std::expected<TemporaryConfig, Fault> TemporaryConfig::write(std::string_view text, FileRights rights) {
  std::string folder = "/tmp/mta-sts-exim.XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return failure("a folder below /tmp cannot be created");
  }
  TemporaryConfig made(folder);
  // Exim reads it as its own user where it has given up root's rights.
  if (::chown(folder.c_str(), static_cast<uid_t>(-1), rights.group) != 0 ||
      ::chmod(folder.c_str(), 0751) != 0) {
    return failure(folder);
  }
  if (auto written = replace_file(made.path(), text, rights); !written) {
    return std::unexpected(written.error());
  }
  return made;
}

TemporaryConfig::~TemporaryConfig() {
  if (!folder_.empty()) {
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }
}

}  // namespace mta_sts::cli
