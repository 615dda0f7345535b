#include "reach.hpp"

#include <span>
#include <string_view>

#include "publish/web_answer.hpp"

namespace mta_sts::nginx {
namespace {

template <typename Element>
std::span<const Element> elements(const ngx_array_t& array) {
  return {static_cast<const Element*>(array.elts), array.nelts};
}

bool is_default_server(const ngx_http_core_main_conf_t& http, const ngx_http_core_srv_conf_t& server) {
  if (http.ports == nullptr) {
    return false;
  }
  for (const auto& port : elements<ngx_http_conf_port_t>(*http.ports)) {
    for (const auto& address : elements<ngx_http_conf_addr_t>(port.addrs)) {
      if (address.default_server == &server) {
        return true;
      }
    }
  }
  return false;
}

// Wildcards are kept as they are written: "*.example.com", ".example.com" or "mta-sts.*".
bool may_be_policy_host(const ngx_http_server_name_t& name) {
#if (NGX_PCRE)
  if (name.regex != nullptr) {
    return true;
  }
#endif
  const std::string_view text = to_view(name.name);
  return text.empty() || text.starts_with("mta-sts.") || text.starts_with('*') || text.starts_with('.');
}

bool takes_path(const ngx_http_core_loc_conf_t& location) {
  const std::string_view name = to_view(location.name);
#if (NGX_PCRE)
  if (location.regex != nullptr) {
    ngx_str_t path = to_ngx(publish::policy_path);
    return ngx_regex_exec(location.regex->regex, &path, nullptr, 0) != NGX_REGEX_NO_MATCHED;
  }
#endif
  return location.exact_match ? name == publish::policy_path : publish::policy_path.starts_with(name);
}

}  // namespace

std::optional<std::string> why_never_reached(const ngx_http_core_loc_conf_t& location) {
  if (location.noname) {  // an `if` or limit_except, which have no path of their own
    return std::nullopt;
  }
  std::string reason;
  if (location.named) {
    reason = "is for nginx's own requests alone";
  } else if (location.internal == 1) {
    reason = "is internal, so no client's request comes to it";
  } else if (!takes_path(location)) {
    reason = "never gets a request for " + std::string(publish::policy_path);
  }
  if (reason.empty()) {
    return std::nullopt;
  }
  return "never-reached: this location " + reason + "; put mta_sts into the server of mta-sts.<domain>";
}

bool is_policy_host(ngx_conf_t* cf) {
  const auto& http =
      *static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  const auto& server =
      *static_cast<ngx_http_core_srv_conf_t*>(ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module));
  for (const auto& name : elements<ngx_http_server_name_t>(server.server_names)) {
    if (may_be_policy_host(name)) {
      return true;
    }
  }
  return server.server_names.nelts == 0 || is_default_server(http, server);
}

}  // namespace mta_sts::nginx
