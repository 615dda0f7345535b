// The policy's answer: httpd's request -> answer_request -> httpd's response.

#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/fault.hpp"
#include "base/guarded.hpp"
#include "cache_fields.hpp"
#include "httpd.hpp"
#include "pool.hpp"
#include "publish/web_answer.hpp"
#include "server_config.hpp"

APLOG_USE_MODULE(mta_sts);

namespace mta_sts::apache {
namespace {

/// What LogFormat's %{mta_sts_id}n, and expressions' %{note:mta_sts_id}, can name; `id` lives as long as the
/// request.
void set_notes(request_rec& r, const char* id, Mode mode) {
  apr_table_setn(r.notes, "mta_sts_id", id);
  apr_table_setn(r.notes, "mta_sts_mode", copy(r.pool, to_string(mode)));
  const std::string_view domain = publish::policy_domain_of_host(r.hostname != nullptr ? r.hostname : "");
  if (!domain.empty()) {
    apr_table_setn(r.notes, "mta_sts_domain", copy(r.pool, domain));
  }
}

void set_response(request_rec& r, const publish::WebAnswer& answer) {
  r.status = answer.status;
  ap_set_content_type(&r, publish::answer_content_type.data());
  ap_set_content_length(&r, static_cast<apr_off_t>(answer.body.size()));
  if (!answer.etag.empty()) {
    apr_table_setn(r.headers_out, "ETag", copy(r.pool, answer.etag));
  }
  if (!answer.allow.empty()) {
    apr_table_setn(r.headers_out, "Allow", copy(r.pool, answer.allow));
  }
  // ap_meets_conditions() would also judge dates, of which a policy has none.
  if (answer.status == HTTP_OK && ap_condition_if_none_match(&r, r.headers_out) >= AP_CONDITION_WEAK) {
    r.status = HTTP_NOT_MODIFIED;
  }
}

// mod_headers and mod_expires change fields alone. Whatever else sits between a handler and the protocol
// (mod_deflate, mod_brotli, mod_filter, mod_substitute ...) changes the body, and a policy's bytes are fixed.
bool may_stay(const ap_filter_t& filter) {
  const ap_filter_rec_t& kind = *filter.frec;
  if (&kind == ap_byterange_filter_handle) {
    return false;
  }
  return kind.ftype >= AP_FTYPE_PROTOCOL || std::strcmp(kind.name, "fixup_headers_out") == 0 ||
         std::strcmp(kind.name, "mod_expires") == 0;
}

// A quick handler must do what httpd does for a handler: let modules insert their filters, then start them.
int prepare_filters(request_rec& r) {
  ap_run_insert_filter(&r);
  for (ap_filter_t *filter = r.output_filters, *next = nullptr; filter != nullptr; filter = next) {
    next = filter->next;
    if (!may_stay(*filter)) {
      ap_remove_output_filter(filter);
    } else if (filter->frec->filter_init_func != nullptr) {
      if (const int status = filter->frec->filter_init_func(filter); status != OK) {
        return status;
      }
    }
  }
  add_cache_filter(r);
  // httpd reads the request's body to its end after the answer, so that the next request of the connection
  // begins behind it; nothing has to unpack or inspect what is thrown away.
  r.input_filters = r.proto_input_filters;
  return OK;
}

int send(request_rec& r, const publish::WebAnswer& answer) {
  apr_bucket_alloc_t* allocator = r.connection->bucket_alloc;
  apr_bucket_brigade* brigade = apr_brigade_create(r.pool, allocator);
  if (answer.send_body && r.status != HTTP_NOT_MODIFIED) {
    // A policy lives as long as the configuration, or as the request; other texts as long as the module.
    APR_BRIGADE_INSERT_TAIL(brigade,
                            apr_bucket_immortal_create(answer.body.data(), answer.body.size(), allocator));
  }
  APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(allocator));
  const apr_status_t sent = ap_pass_brigade(r.output_filters, brigade);
  if (sent == APR_SUCCESS || r.connection->aborted != 0) {
    return OK;
  }
  ap_log_rerror(APLOG_MARK, APLOG_DEBUG, sent, &r, "MtaSts: the policy could not be sent");
  return AP_FILTER_ERROR;
}

int serve(request_rec& r, const publish::WebAnswer& answer) {
  set_answered(r);
  if (const int status = prepare_filters(r); status != OK) {
    return status;
  }
  set_response(r, answer);
  count(r, metrics::counted_answer(r.status));
  return send(r, answer);
}

void log_fault(request_rec& r, store::ServedStore& store, const store::StoreError& error,
               std::chrono::milliseconds now) {
  if (store.is_to_be_logged(now)) {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r, "MtaSts: %s",
                  to_line(store::to_string(error.code), error.detail).c_str());
  }
}

/// Serves what a store has for the request's Host; DECLINED for all other requests.
int serve_from(request_rec& r, store::ServedStore& store) {
  const std::string_view path = r.uri;
  if (path != publish::policy_path) {
    return DECLINED;
  }
  const std::string_view domain = publish::policy_domain_of_host(r.hostname != nullptr ? r.hostname : "");
  if (domain.empty()) {
    return DECLINED;
  }
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  std::optional<publish::WebAnswer> answer;
  const auto found = store.lookup(domain, now, [&](const std::optional<store::StoredPolicyView>& policy) {
    if (!policy) {
      answer = publish::answer_without_policy(r.method, path, publish::NoPolicy::unknown_domain);
      return;
    }
    set_notes(r, copy(r.pool, policy->id), policy->mode);
    const publish::PolicyBytes kept{.body = {copy(r.pool, policy->body), policy->body.size()},
                                    .etag = {copy(r.pool, policy->etag), policy->etag.size()}};
    answer = publish::answer_request(r.method, path, kept);
  });
  if (!found) {
    count(r, metrics::Counted::store_fault);
    log_fault(r, store, found.error(), now);
    answer = publish::answer_without_policy(r.method, path, publish::NoPolicy::unavailable);
  }
  return answer ? serve(r, *answer) : DECLINED;
}

/// Serves the policy where the request is for it; DECLINED for all others.
int handle(request_rec& r) {
  // Only what a client asked for: no subrequest, no ErrorDocument. (What a forward proxy passes on to another
  // host has a whole URL for its path.)
  if (r.main != nullptr || r.prev != nullptr) {
    return DECLINED;
  }
  const ServerConfig& config = config_of(*r.server);
  if (config.store != nullptr) {
    return serve_from(r, *config.store);
  }
  if (config.policy == nullptr) {
    return DECLINED;
  }
  const auto answer = publish::answer_request(r.method, r.uri, *config.policy);
  if (!answer) {
    return DECLINED;
  }
  set_notes(r, config.policy->id.c_str(), config.policy->mode);
  return serve(r, *answer);
}

}  // namespace

int handle_quickly(request_rec* r, int is_lookup) noexcept {
  return guarded<int>(HTTP_INTERNAL_SERVER_ERROR, [&] { return is_lookup != 0 ? DECLINED : handle(*r); });
}

int note_policy(request_rec* r) noexcept {
  return guarded<int>(DECLINED, [&] {
    const ServerConfig& config = config_of(*r->server);
    // The log names the request that was answered in the end, which after an ErrorDocument is a later one.
    for (; config.policy != nullptr && r != nullptr; r = r->next) {
      if (!is_answered(*r)) {  // else it has them
        set_notes(*r, config.policy->id.c_str(), config.policy->mode);
      }
    }
    return DECLINED;
  });
}

int handle_translated(request_rec* r) noexcept {
  return guarded<int>(HTTP_INTERNAL_SERVER_ERROR, [&] {
    // The same configuration of header fields as in the quick way, whatever the sections of the URL.
    ap_conf_vector_t* const of_location = std::exchange(r->per_dir_config, r->server->lookup_defaults);
    const int status = handle(*r);
    if (status == DECLINED) {
      r->per_dir_config = of_location;
    }
    return status == OK ? DONE : status;  // OK would say that a file has been found
  });
}

}  // namespace mta_sts::apache
