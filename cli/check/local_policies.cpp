#include "cli/check/local_policies.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "check/local_directives.hpp"
#include "cli/input.hpp"
#include "os/subprocess.hpp"
#include "policy/policy.hpp"
#include "publish/directive.hpp"
#include "publish/published_policy.hpp"

namespace mta_sts::cli {
namespace {

constexpr std::array<const char*, 2> nginx_paths{"/usr/sbin/nginx", "/usr/local/nginx/sbin/nginx"};
constexpr std::array<const char*, 3> apache_paths{"/usr/sbin/apache2ctl", "/usr/sbin/apachectl",
                                                  "/usr/local/apache2/bin/apachectl"};
constexpr std::chrono::seconds program_limit{20};
constexpr std::size_t configuration_limit_bytes = 4UL * 1024 * 1024;

std::optional<check::LocalPolicy> policy_of(const check::LocalDirective& local) {
  const std::vector<std::string_view> words(local.words.begin(), local.words.end());
  const auto directive = publish::parse_directive(words);
  const bool names_one_policy = directive && (directive->kind == publish::DirectiveKind::inline_policy ||
                                              directive->kind == publish::DirectiveKind::file);
  if (!names_one_policy) {
    return std::nullopt;
  }
  check::LocalPolicy policy;
  policy.source = local.source;
  for (const std::string& word : local.words) {
    policy.words += (policy.words.empty() ? "" : " ") + word;
  }
  if (directive->kind == publish::DirectiveKind::inline_policy) {
    policy.body = publish::publish_policy(directive->policy, directive->serial).body;
    return policy;
  }
  const auto bytes = read_input(directive->path, policy_limit_bytes);
  const auto published =
      bytes ? std::optional(publish::publish_policy_file(*bytes, directive->serial)) : std::nullopt;
  if (published && published->has_value()) {
    policy.body = published->value().body;
  }
  return policy;
}

template <typename Paths>
std::optional<std::string> find_program(const Paths& paths) {
  for (const char* path : paths) {
    if (access(path, X_OK) == 0) {
      return path;
    }
  }
  return std::nullopt;
}

void add_policies(std::vector<check::LocalPolicy>& policies,
                  const std::vector<check::LocalDirective>& directives) {
  for (const check::LocalDirective& directive : directives) {
    if (auto policy = policy_of(directive)) {
      policies.push_back(*std::move(policy));
    }
  }
}

}  // namespace

std::vector<check::LocalPolicy> read_local_policies() {
  std::vector<check::LocalPolicy> policies;
  if (const auto nginx = find_program(nginx_paths)) {
    if (const auto dump = run_program({*nginx, "-T"}, program_limit)) {
      add_policies(policies, check::find_nginx_directives(dump->output));
    }
  }
  if (const auto apache = find_program(apache_paths)) {
    if (const auto dump = run_program({*apache, "-t", "-D", "DUMP_INCLUDES"}, program_limit)) {
      for (const std::string& file : check::find_apache_files(dump->output)) {
        if (const auto text = read_input(file, configuration_limit_bytes)) {
          add_policies(policies, check::find_apache_directives(*text, file));
        }
      }
    }
  }
  return policies;
}

}  // namespace mta_sts::cli
