#include "cli/exim/program.hpp"

#include <chrono>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/utf8.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::chrono::seconds program_limit{60};

std::string find_exim() {
  for (const char* path :
       {"/usr/sbin/exim4", "/usr/sbin/exim", "/usr/local/sbin/exim", "/usr/exim/bin/exim"}) {
    if (access(path, X_OK) == 0) {
      return path;
    }
  }
  return "/usr/sbin/exim4";
}

std::string without_line_end(const std::string& text) {
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

}  // namespace

EximProgram::EximProgram(std::string path, std::string config)
    : path_(path.empty() ? find_exim() : std::move(path)), config_(std::move(config)) {}

std::expected<ProgramResult, Fault> EximProgram::run(std::vector<std::string> arguments,
                                                     std::optional<RunAs> as) const {
  std::vector<std::string> words{path_};
  if (!config_.empty()) {
    words.insert(words.end(), {"-C", config_});
  }
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto result = run_program(words, program_limit, as);
  if (!result) {
    return std::unexpected(Fault{"exim-unusable", result.error()});
  }
  return *std::move(result);
}

std::expected<std::string, Fault> EximProgram::ask(std::vector<std::string> arguments) const {
  auto result = run(std::move(arguments));
  if (!result) {
    return std::unexpected(result.error());
  }
  if (result->exit_code != 0) {
    const std::string& said = result->errors.empty() ? result->output : result->errors;
    return std::unexpected(
        Fault{"exim-unusable", "Exim says: " + text::escape_for_display(without_line_end(said), 400)});
  }
  return std::move(result->output);
}

std::string EximProgram::expand(const std::string& text, std::optional<RunAs> as) const {
  const auto result = run({"-be", text}, as);
  if (!result) {
    return result.error().detail;
  }
  return without_line_end(result->output.empty() ? result->errors : result->output);
}

std::string EximProgram::main_option(const std::string& name) const {
  const std::string said = ask({"-bP", name}).value_or("");
  const std::size_t at = said.find("= ");
  return at == said.npos ? std::string() : said.substr(at + 2, said.find('\n') - at - 2);
}

std::optional<std::pair<std::string, RunAs>> EximProgram::find_user() const {
  const std::string user = main_option("exim_user");
  const passwd* account = getpwnam(user.c_str());
  if (geteuid() != 0 || account == nullptr || account->pw_uid == 0) {
    return std::nullopt;
  }
  RunAs as{.user = account->pw_uid, .group = account->pw_gid};
  if (const group* own = getgrnam(main_option("exim_group").c_str())) {
    as.group = own->gr_gid;
  }
  return std::pair(user, as);
}

}  // namespace mta_sts::cli
