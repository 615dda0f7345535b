// One `MtaSts …` line: words -> parse_directive -> the policy that the server serves.

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "base/guarded.hpp"
#include "file/read_file.hpp"
#include "httpd.hpp"
#include "policy/parse_policy.hpp"
#include "pool.hpp"
#include "publish/directive.hpp"
#include "server_config.hpp"

APLOG_USE_MODULE(mta_sts);

namespace mta_sts::apache {
namespace {

/// Reads, checks and publishes a policy file. The error is a line for the administrator.
std::expected<publish::PublishedPolicy, std::string> publish_file(apr_pool_t* pool,
                                                                  const publish::Directive& directive) {
  const char* path = full_path(pool, directive.path);
  const auto bytes = read_file(path, policy_limit_bytes);
  if (!bytes) {
    return std::unexpected(to_message(bytes.error()));
  }
  auto policy = publish::publish_policy_file(*bytes, directive.serial);
  if (!policy) {
    return std::unexpected(publish::to_message(policy.error(), path));
  }
  return std::move(*policy);
}

void log_at_start(const cmd_parms& cmd, int level, const char* kind, const std::string& text) {
  // No server is ready to log yet; this goes to the terminal of a start or configtest, then to the error log.
  ap_log_error(APLOG_MARK, level | APLOG_STARTUP, 0, nullptr, "MtaSts: %s: %s (%s line %d)", kind,
               text.c_str(), cmd.directive->filename, cmd.directive->line_num);
}

void warn(const cmd_parms& cmd, const std::string& text) {
  log_at_start(cmd, APLOG_WARNING, "warning", text);
}

const char* refuse(const cmd_parms& cmd, const std::string& reason) {
  return apr_pstrcat(cmd.pool, "MtaSts: ", reason.c_str(), nullptr);
}

void warn(const cmd_parms& cmd, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    warn(cmd, text);
  }
}

/// A store that cannot be read refuses no configuration: what a customer did to it must not keep the others'
/// server from starting.
store::ServedStore* open_store(cmd_parms& cmd, const publish::Directive& directive) {
  const char* path = full_path(cmd.pool, directive.path);
  if (const auto fault = store::find_fault(path)) {
    warn(cmd, to_line(store::to_string(fault->code), fault->detail) +
                  "; until then requests for policies are answered 503");
  }
  return make<store::ServedStore>(cmd.pool, path);
}

const char* accept(cmd_parms& cmd, const publish::Directive& directive) {
  const publish::PublishedPolicy* policy = nullptr;
  store::ServedStore* store = nullptr;
  if (directive.kind == publish::DirectiveKind::file) {
    auto published = publish_file(cmd.pool, directive);
    if (!published) {
      return refuse(cmd, published.error());
    }
    warn(cmd, published->warnings);
    for (const std::string& notice : published->notices) {
      log_at_start(cmd, APLOG_NOTICE, "notice", notice);
    }
    policy = make<publish::PublishedPolicy>(cmd.pool, std::move(*published));
  } else if (directive.kind == publish::DirectiveKind::inline_policy) {
    policy =
        make<publish::PublishedPolicy>(cmd.pool, publish::publish_policy(directive.policy, directive.serial));
  } else if (directive.kind == publish::DirectiveKind::store) {
    store = open_store(cmd, directive);
  }
  warn(cmd, directive.warnings);
  if (policy != nullptr && cmd.server->is_virtual == 0) {
    warn(cmd,
         "answers-every-host: outside of a <VirtualHost> this policy is served for every host that has no "
         "MtaSts of its own; move the line into the <VirtualHost> of mta-sts.DOMAIN");
  }
  config_of(*cmd.server) = {.is_set = true,
                            .policy = policy,
                            .store = store,
                            .file = cmd.directive->filename,
                            .line = cmd.directive->line_num};
  return nullptr;
}

}  // namespace

const char* set_policy(cmd_parms* cmd, void*, const char* args) noexcept {
  return guarded<const char*>("MtaSts: out of memory", [&]() -> const char* {
    const ServerConfig& config = config_of(*cmd->server);
    if (config.is_set) {
      return refuse(*cmd, "repeated-directive: this server has one already, in " + std::string(config.file) +
                              " line " + std::to_string(config.line) + "; a server serves one policy");
    }
    const auto directive = publish::parse_directive(split_words(cmd->temp_pool, args));
    return directive ? accept(*cmd, *directive) : refuse(*cmd, to_message(directive.error()));
  });
}

int log_policies(apr_pool_t*, apr_pool_t*, apr_pool_t*, server_rec* main_server) noexcept {
  if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
    return OK;  // the first of the two readings of a start
  }
  return guarded<int>(OK, [&] {
    for (const server_rec* server = main_server; server != nullptr; server = server->next) {
      const ServerConfig& config = config_of(*server);
      const char* const name = server->server_hostname != nullptr ? server->server_hostname : "this server";
      if (config.store != nullptr) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, server,
                     "MtaSts: %s serves the policies of the store %s (%s line %d)", name,
                     config.store->path().c_str(), config.file, config.line);
      }
      if (config.policy != nullptr) {
        const std::string mode{to_string(config.policy->mode)};
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, server, "MtaSts: %s serves mode %s with id %s (%s line %d)",
                     name, mode.c_str(), config.policy->id.c_str(), config.file, config.line);
      }
    }
    return OK;
  });
}

}  // namespace mta_sts::apache
