// Requests for the policy that something else answered, before the quick handlers' turn.

#include <chrono>

#include "base/guarded.hpp"
#include "base/log_limit.hpp"
#include "publish/unserved.hpp"
#include "publish/web_answer.hpp"
#include "server_config.hpp"

APLOG_USE_MODULE(mta_sts);

namespace mta_sts::apache {
namespace {

bool has_policy(const request_rec& r, const ServerConfig& config) {
  const std::string_view host = r.hostname != nullptr ? r.hostname : "";
  return config.policy != nullptr ||
         (config.store != nullptr && !publish::policy_domain_of_host(host).empty());
}

/// The log names the answer that was sent in the end, which after an ErrorDocument is a later one.
int final_status(const request_rec* r) {
  while (r->next != nullptr) {
    r = r->next;
  }
  return r->status;
}

void log_unserved(const request_rec& r, const ServerConfig& config, int status) {
  static LogLimit limit;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  if (limit.take(now)) {
    ap_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, &r,
        "MtaSts: policy-not-served: a request for the policy was answered %d by a module that comes before "
        "MtaSts (as mod_md without a certificate yet, or phase 1 of ModSecurity); have it pass this path "
        "(%s line %d)",
        status, config.file, config.line);
  }
}

}  // namespace

int note_unserved(request_rec* r) noexcept {
  return guarded<int>(DECLINED, [&] {
    const ServerConfig& config = config_of(*r->server);
    const int status = final_status(r);
    if (!is_answered(*r) && has_policy(*r, config) && r->unparsed_uri != nullptr &&
        publish::shows_hindrance(r->method, r->unparsed_uri, status)) {
      log_unserved(*r, config, status);
    }
    return DECLINED;
  });
}

}  // namespace mta_sts::apache
