// The mta_sts_reports directive: reports of senders, put into a folder.

#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "base/fault.hpp"
#include "base/guarded.hpp"
#include "location_handler.hpp"
#include "module.hpp"
#include "pool.hpp"
#include "send.hpp"
#include "spool/report_answer.hpp"
#include "spool/spool_words.hpp"

namespace mta_sts::nginx {
namespace {

void log_refusal(ngx_conf_t* cf, std::string_view message) {
  ngx_str_t text = to_ngx(message);
  ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "mta_sts_reports: %V", &text);
}

/// Reads the piece of the body that a buffer stands for, of a large one the first bytes; false where its file
/// cannot be read.
bool append(std::string& body, const ngx_buf_t& buffer, std::size_t bytes_most) {
  if (!buffer.in_file) {
    body.append(reinterpret_cast<const char*>(buffer.pos),
                std::min(static_cast<std::size_t>(buffer.last - buffer.pos), bytes_most));
    return true;
  }
  const std::size_t before = body.size();
  body.resize(before + std::min(static_cast<std::size_t>(buffer.file_last - buffer.file_pos), bytes_most));
  std::size_t done = before;
  while (done < body.size()) {
    const ssize_t got = ::pread(buffer.file->fd, body.data() + done, body.size() - done,
                                buffer.file_pos + static_cast<off_t>(done - before));
    if (got <= 0) {
      return false;
    }
    done += static_cast<std::size_t>(got);
  }
  return true;
}

/// Gives the body that nginx has read; one byte over the limit is enough of it.
std::optional<std::string> body_of(const ngx_http_request_t* request, std::size_t limit) {
  std::string body;
  const ngx_http_request_body_t* read = request->request_body;
  for (const ngx_chain_t* link = read == nullptr ? nullptr : read->bufs;
       link != nullptr && body.size() <= limit; link = link->next) {
    if (!append(body, *link->buf, limit + 1 - body.size())) {
      return std::nullopt;
    }
  }
  return body;
}

ngx_int_t send_answer(ngx_http_request_t* request, const spool::ReportAnswer& answer) {
  count(request, metrics::counted_report(answer.status));
  set_start(request, answer.status, plain_text, answer.body.size());
  const bool has_fields =
      add_field(request, "Cache-Control", "no-store") &&
      (answer.allow.empty() || add_field(request, "Allow", answer.allow)) &&
      (answer.retry_after.empty() || add_field(request, "Retry-After", answer.retry_after));
  if (!has_fields) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  const ngx_int_t code = ngx_http_send_header(request);
  return code == NGX_ERROR || code > NGX_OK || request->header_only ? code : send_body(request, answer.body);
}

void log_fault(ngx_http_request_t* request, spool::Spool& spool, const spool::SpoolError& error,
               std::chrono::milliseconds now) {
  if (!spool::is_of_this_host(error.code) || !spool.is_to_be_logged(now)) {
    return;
  }
  const std::string line = to_line(spool::to_string(error.code), error.detail);
  ngx_str_t text = to_ngx(line);
  ngx_log_error(NGX_LOG_ERR, request->connection->log, 0, "mta_sts_reports: %V", &text);
}

ngx_int_t store_body(ngx_http_request_t* request) {
  spool::Spool& spool = *block_conf(request).spool;
  const auto body = body_of(request, spool.limits().report_bytes);
  if (!body) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  const std::chrono::milliseconds now(ngx_current_msec);
  const auto spooled = spool.put(*body, now);
  if (!spooled) {
    log_fault(request, spool, spooled.error(), now);
  }
  return send_answer(request, spool::answer_to_report(spooled));
}

/// Called once the whole body is there.
void take_report(ngx_http_request_t* request) noexcept {
  ngx_http_finalize_request(
      request, guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [&] { return store_body(request); }));
}

ngx_int_t refuse(ngx_http_request_t* request, const spool::ReportAnswer& refused) {
  const ngx_int_t code = ngx_http_discard_request_body(request);
  return code == NGX_OK ? send_answer(request, refused) : code;
}

ngx_int_t receive(ngx_http_request_t* request) noexcept {
  return guarded<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR, [&]() -> ngx_int_t {
    if (request->method != NGX_HTTP_POST) {
      return refuse(request, spool::answer_to_other_method());
    }
    const auto limit = static_cast<off_t>(block_conf(request).spool->limits().report_bytes);
    if (request->headers_in.content_length_n > limit) {
      return refuse(request, spool::answer_to_report(std::unexpected(
                                 spool::SpoolError{.code = spool::SpoolErrorCode::too_large, .detail = {}})));
    }
    const ngx_int_t code = ngx_http_read_client_request_body(request, take_report);
    return code >= NGX_HTTP_SPECIAL_RESPONSE ? code : NGX_DONE;
  });
}

char* keep_spool(ngx_conf_t* cf, spool::SpoolWords words, BlockConf& block) {
  const auto path = full_path(cf, words.folder);
  block.spool = path ? make_in_pool<spool::Spool>(cf->pool, *path, words.limits) : nullptr;
  const bool is_kept = block.spool != nullptr && set_location_handler(cf, block, receive);
  return is_kept ? NGX_CONF_OK : static_cast<char*>(NGX_CONF_ERROR);
}

}  // namespace

char* read_reports_directive(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept {
  static char out_of_memory[] = "ran out of memory";
  return guarded(out_of_memory, [&]() -> char* {
    auto& block = *static_cast<BlockConf*>(conf);
    auto words = spool::parse_spool_words(words_of(cf));
    if (block.spool != nullptr || !words) {
      log_refusal(cf, words ? "repeated-directive: this location has one already" : words.error());
      return static_cast<char*>(NGX_CONF_ERROR);
    }
    return keep_spool(cf, *std::move(words), block);
  });
}

}  // namespace mta_sts::nginx
