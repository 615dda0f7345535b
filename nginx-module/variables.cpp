#include "base/guarded.hpp"
#include "module.hpp"
#include "policy/policy.hpp"
#include "publish/web_answer.hpp"

namespace mta_sts::nginx {
namespace {

/// Gives a variable its value, a view that lives as long as the request; an empty one is "not found" ("-" in
/// logs).
ngx_int_t set_value(ngx_http_variable_value_t* value, std::string_view text) {
  const ngx_str_t bytes = to_ngx(text);
  value->len = static_cast<unsigned>(bytes.len) & 0x0fffffffU;
  value->data = bytes.data;
  value->valid = text.empty() ? 0 : 1;
  value->not_found = text.empty() ? 1 : 0;
  value->no_cacheable = 0;
  return NGX_OK;
}

ngx_int_t get_id(ngx_http_request_t* request, ngx_http_variable_value_t* value, uintptr_t) noexcept {
  return guarded<ngx_int_t>(NGX_ERROR, [&] {
    if (const Served* served = served_of(request); served != nullptr) {
      return set_value(value, to_view(served->id));
    }
    const publish::PublishedPolicy* policy = block_conf(request).policy;
    return set_value(value, policy == nullptr ? std::string_view{} : policy->id);
  });
}

ngx_int_t get_mode(ngx_http_request_t* request, ngx_http_variable_value_t* value, uintptr_t) noexcept {
  return guarded<ngx_int_t>(NGX_ERROR, [&] {
    if (const Served* served = served_of(request); served != nullptr) {
      return set_value(value, to_string(served->mode));
    }
    const publish::PublishedPolicy* policy = block_conf(request).policy;
    return set_value(value, policy == nullptr ? std::string_view{} : to_string(policy->mode));
  });
}

ngx_int_t get_domain(ngx_http_request_t* request, ngx_http_variable_value_t* value, uintptr_t) noexcept {
  return guarded<ngx_int_t>(NGX_ERROR, [&] {
    return set_value(value, publish::policy_domain_of_host(to_view(request->headers_in.server)));
  });
}

struct Variable {
  std::string_view name;
  ngx_http_get_variable_pt get;
};

// Not cached by nginx: an internal redirect can change the block, and with it the policy.
constexpr Variable variables[] = {
    {"mta_sts_id", get_id},
    {"mta_sts_mode", get_mode},
    {"mta_sts_domain", get_domain},
};

}  // namespace

ngx_int_t add_variables(ngx_conf_t* cf) noexcept {
  for (const Variable& variable : variables) {
    ngx_str_t name = to_ngx(variable.name);
    ngx_http_variable_t* added = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
    if (added == nullptr) {
      return NGX_ERROR;
    }
    added->get_handler = variable.get;
  }
  return NGX_OK;
}

}  // namespace mta_sts::nginx
