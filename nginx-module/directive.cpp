#include "publish/directive.hpp"

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "base/guarded.hpp"
#include "file/read_file.hpp"
#include "location_handler.hpp"
#include "module.hpp"
#include "policy/parse_policy.hpp"
#include "pool.hpp"
#include "reach.hpp"

namespace mta_sts::nginx {
namespace {

// Nothing destroys a BlockConf: it goes with nginx's pool.
static_assert(std::is_trivially_destructible_v<BlockConf>);

constexpr std::string_view every_host =
    "answers-every-host: this policy is served for every host name here; put the directive into the server "
    "of "
    "mta-sts.<domain>";
constexpr std::string_view never_reached =
    "never-reached: the policy of the server answers before this location; take one of the two away";
constexpr std::string_view no_policy_host =
    "no-policy-host: no name of this server begins with mta-sts., so no sender asks it for a policy; put the "
    "directive into the server of mta-sts.<domain>";
constexpr std::string_view repeated_directive =
    "repeated-directive: this block has one already; a block has one policy";

char* failure() {
  return static_cast<char*>(NGX_CONF_ERROR);
}

/// Logs a line with the file and line that nginx is reading.
void log_at_line(ngx_conf_t* cf, ngx_uint_t level, std::string_view message) {
  ngx_str_t text = to_ngx(message);
  ngx_conf_log_error(level, cf, 0, "mta_sts: %V", &text);
}

/// Logs what a start and `nginx -t` show, and `nginx -t -q` does not.
void log_notice(ngx_conf_t* cf, std::string_view message) {
  if (ngx_quiet_mode == 0) {
    log_at_line(cf, NGX_LOG_NOTICE, message);
  }
}

void log_warnings(ngx_conf_t* cf, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    log_at_line(cf, NGX_LOG_WARN, warning);
  }
}

/// Logs a line about a directive that nginx read before.
void log_at_directive(ngx_conf_t* cf, ngx_uint_t level, std::string_view message, const BlockConf& block) {
  ngx_str_t text = to_ngx(message);
  ngx_str_t file = block.file;
  ngx_log_error(level, cf->log, 0, "mta_sts: %V in %V:%ui", &text, &file, block.line);
}

ngx_http_core_loc_conf_t* core_conf(ngx_conf_t* cf) {
  return static_cast<ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
}

/// Reads, checks and publishes a policy file. Logs a refusal.
std::optional<publish::PublishedPolicy> publish_file(ngx_conf_t* cf, const publish::Directive& directive) {
  const auto path = full_path(cf, directive.path);
  if (!path) {
    return std::nullopt;
  }
  const auto bytes = read_file(*path, policy_limit_bytes);
  if (!bytes) {
    log_at_line(cf, NGX_LOG_EMERG, to_message(bytes.error()));
    return std::nullopt;
  }
  auto policy = publish::publish_policy_file(*bytes, directive.serial);
  if (!policy) {
    log_at_line(cf, NGX_LOG_EMERG, publish::to_message(policy.error(), *path));
    return std::nullopt;
  }
  log_warnings(cf, policy->warnings);
  for (const std::string& notice : policy->notices) {
    log_notice(cf, notice);
  }
  return std::move(*policy);
}

std::optional<publish::PublishedPolicy> publish(ngx_conf_t* cf, const publish::Directive& directive) {
  return directive.kind == publish::DirectiveKind::file
             ? publish_file(cf, directive)
             : publish::publish_policy(directive.policy, directive.serial);
}

bool keep_policy(ngx_conf_t* cf, const publish::Directive& directive, BlockConf& block) {
  auto policy = publish(cf, directive);
  if (!policy) {
    return false;
  }
  block.policy = make_in_pool<publish::PublishedPolicy>(cf->pool, std::move(*policy));
  if (block.policy == nullptr) {
    return false;
  }
  log_notice(cf,
             "serves mode " + std::string(to_string(block.policy->mode)) + " with id " + block.policy->id);
  return true;
}

/// A store that cannot be read refuses no configuration: what a customer did to it must not keep the others'
/// server from starting.
bool keep_store(ngx_conf_t* cf, const publish::Directive& directive, BlockConf& block) {
  const auto path = full_path(cf, directive.path);
  block.store = path ? make_in_pool<store::ServedStore>(cf->pool, *path) : nullptr;
  if (block.store == nullptr) {
    return false;
  }
  static_cast<HttpConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_mta_sts_module))
      ->stores.push_back(block.store);
  log_notice(cf, "serves the policies of the store " + *path);
  if (const auto fault = store::find_fault(*path)) {
    log_at_line(cf, NGX_LOG_WARN,
                to_line(store::to_string(fault->code), fault->detail) +
                    "; until then requests for policies are answered 503");
  }
  return true;
}

char* keep_directive(ngx_conf_t* cf, const publish::Directive& directive, BlockConf& block) {
  block.is_set = 1;
  block.level = (cf->cmd_type & NGX_HTTP_LOC_CONF) != 0 ? Level::location : Level::server;
  block.file = cf->conf_file->file.name;
  block.line = cf->conf_file->line;
  if (directive.kind == publish::DirectiveKind::off) {
    return NGX_CONF_OK;
  }
  const bool is_kept = directive.kind == publish::DirectiveKind::store ? keep_store(cf, directive, block)
                                                                       : keep_policy(cf, directive, block);
  if (!is_kept) {
    return failure();
  }
  if ((cf->cmd_type & NGX_HTTP_MAIN_CONF) != 0 && block.policy != nullptr) {
    log_at_line(cf, NGX_LOG_WARN, every_host);
  }
  if (block.level == Level::location) {
    if (!set_location_handler(cf, block, answer_in_location)) {
      return failure();
    }
    auto& server = *static_cast<ServerConf*>(ngx_http_conf_get_module_srv_conf(cf, ngx_http_mta_sts_module));
    server.location = server.location == nullptr ? &block : server.location;
  }
  return NGX_CONF_OK;
}

}  // namespace

void* create_http_conf(ngx_conf_t* cf) noexcept {
  return guarded<void*>(nullptr, [&]() -> void* { return make_in_pool<HttpConf>(cf->pool); });
}

void* create_server_conf(ngx_conf_t* cf) noexcept {
  return ngx_pcalloc(cf->pool, sizeof(ServerConf));
}

void* create_block_conf(ngx_conf_t* cf) noexcept {
  return ngx_pcalloc(cf->pool, sizeof(BlockConf));
}

char* read_directive(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept {
  static char out_of_memory[] = "ran out of memory";
  return guarded(out_of_memory, [&]() -> char* {
    auto& block = *static_cast<BlockConf*>(conf);
    if (block.is_set != 0) {
      log_at_line(cf, NGX_LOG_EMERG, repeated_directive);
      return failure();
    }
    const auto directive = publish::parse_directive(words_of(cf));
    if (!directive) {
      log_at_line(cf, NGX_LOG_EMERG, to_message(directive.error()));
      return failure();
    }
    log_warnings(cf, directive->warnings);
    return keep_directive(cf, *directive, block);
  });
}

char* merge_block_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
  const auto& outer = *static_cast<const BlockConf*>(parent);
  auto& block = *static_cast<BlockConf*>(child);
  if (!has_kept_handler(cf, block)) {
    return failure();
  }
  take_location_handler(cf, outer, block);
  if (block.is_set == 0) {
    block.level = outer.level;
    block.policy = outer.policy;
    block.store = outer.store;
    return NGX_CONF_OK;
  }
  if (block.level == Level::location && block.serves()) {
    if (const auto reason = why_never_reached(*core_conf(cf))) {
      log_at_directive(cf, NGX_LOG_EMERG, *reason, block);
      return failure();
    }
  }
  if (block.level == Level::server && block.serves() && !is_policy_host(cf)) {
    log_at_directive(cf, NGX_LOG_WARN, no_policy_host, block);
  }
  if (block.level == Level::location && outer.level == Level::server && outer.serves()) {
    log_at_directive(cf, NGX_LOG_WARN, never_reached, block);
  }
  return NGX_CONF_OK;
}

}  // namespace mta_sts::nginx
