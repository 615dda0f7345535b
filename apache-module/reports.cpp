// `MtaStsReports …` in a section of URLs: reports of senders, put into a folder.

#include <array>
#include <chrono>
#include <expected>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/fault.hpp"
#include "base/guarded.hpp"
#include "httpd.hpp"
#include "pool.hpp"
#include "reports.hpp"
#include "server_config.hpp"
#include "spool/report_answer.hpp"
#include "spool/spool_words.hpp"

APLOG_USE_MODULE(mta_sts);

namespace mta_sts::apache {
namespace {

/// What `MtaStsReports` says for a section of URLs.
struct SectionConfig {
  spool::Spool* spool = nullptr;  ///< the configuration's pool owns it
};

SectionConfig& section_of(const request_rec& r) {
  return *static_cast<SectionConfig*>(ap_get_module_config(r.per_dir_config, &mta_sts_module));
}

int send_answer(request_rec& r, const spool::ReportAnswer& answer) {
  count(r, metrics::counted_report(answer.status));
  r.status = answer.status;
  ap_set_content_type(&r, "text/plain");
  ap_set_content_length(&r, static_cast<apr_off_t>(answer.body.size()));
  apr_table_setn(r.headers_out, "Cache-Control", "no-store");
  if (!answer.allow.empty()) {
    apr_table_setn(r.headers_out, "Allow", copy(r.pool, answer.allow));
  }
  if (!answer.retry_after.empty()) {
    apr_table_setn(r.headers_out, "Retry-After", copy(r.pool, answer.retry_after));
  }
  if (r.header_only == 0) {
    ap_rwrite(answer.body.data(), static_cast<int>(answer.body.size()), &r);
  }
  return OK;
}

/// Reads the body; one byte over the limit is enough of it. Error: httpd's status for what is wrong with it.
std::expected<std::string, int> read_body(request_rec& r, std::size_t limit) {
  if (const int status = ap_setup_client_block(&r, REQUEST_CHUNKED_DECHUNK); status != OK) {
    return std::unexpected(status);
  }
  std::string body;
  if (ap_should_client_block(&r) == 0) {
    return body;
  }
  std::array<char, 8192> piece;  // NOLINT: only what is read is used
  while (body.size() <= limit) {
    const auto got = ap_get_client_block(&r, piece.data(), piece.size());
    if (got < 0) {
      return std::unexpected(HTTP_BAD_REQUEST);
    }
    if (got == 0) {
      break;
    }
    body.append(piece.data(), static_cast<std::size_t>(got));
  }
  return body;
}

int store_body(request_rec& r, spool::Spool& spool) {
  const auto body = read_body(r, spool.limits().report_bytes);
  if (!body) {
    return body.error();
  }
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  const auto spooled = spool.put(*body, now);
  if (!spooled && spool::is_of_this_host(spooled.error().code) && spool.is_to_be_logged(now)) {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, &r, "MtaStsReports: %s",
                  to_line(spool::to_string(spooled.error().code), spooled.error().detail).c_str());
  }
  return send_answer(r, spool::answer_to_report(spooled));
}

}  // namespace

void* create_section(apr_pool_t* pool, char*) noexcept {
  return new (apr_palloc(pool, sizeof(SectionConfig))) SectionConfig;
}

void* merge_sections(apr_pool_t*, void* outer, void* inner) noexcept {
  return static_cast<SectionConfig*>(inner)->spool != nullptr ? inner : outer;
}

const char* set_reports(cmd_parms* cmd, void* section, const char* args) noexcept {
  return guarded<const char*>("MtaStsReports: out of memory", [&]() -> const char* {
    auto& config = *static_cast<SectionConfig*>(section);
    auto words = spool::parse_spool_words(split_words(cmd->temp_pool, args));
    if (!words || config.spool != nullptr) {
      const std::string reason =
          words ? std::string("repeated-directive: this section has one already") : words.error();
      return apr_pstrcat(cmd->pool, "MtaStsReports: ", reason.c_str(), nullptr);
    }
    config.spool = make<spool::Spool>(cmd->pool, full_path(cmd->pool, words->folder), words->limits);
    return nullptr;
  });
}

int receive_report(request_rec* r) noexcept {
  return guarded<int>(HTTP_INTERNAL_SERVER_ERROR, [&] {
    spool::Spool* const spool = section_of(*r).spool;
    if (spool == nullptr) {
      return DECLINED;
    }
    if (r->method_number != M_POST) {
      return send_answer(*r, spool::answer_to_other_method());
    }
    return store_body(*r, *spool);
  });
}

}  // namespace mta_sts::apache
