#include "outcome/post/post_transfer.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "base/utf8.hpp"
#include "sender/fetch/host_addresses.hpp"

namespace mta_sts::outcome {
namespace {

constexpr std::size_t answer_limit_bytes = std::size_t{64} * 1024;

template <typename Value>
bool assign(CURL* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

PostErrorCode code_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return PostErrorCode::post_unreachable;
    case CURLE_OPERATION_TIMEDOUT:
      return PostErrorCode::post_timeout;
    default:
      return PostErrorCode::post_failed;
  }
}

}  // namespace

bool PostTransfer::prepare(std::span<const IpAddress> addresses, const PostOptions& options,
                           X509_STORE* roots) {
  trusted_ = roots;
  easy_.reset(curl_easy_init());
  share_.reset(curl_share_init());
  resolve_.reset(
      curl_slist_append(nullptr, sender::resolve_line(target_.host, target_.port, addresses).c_str()));
  // The lone "Expect:" takes away what libcurl would send of itself before a large body.
  for (const char* field : {"Content-Type: application/tlsrpt+gzip", "Expect:"}) {
    curl_slist* longer = curl_slist_append(fields_.get(), field);
    if (longer == nullptr) {
      return false;
    }
    if (!fields_) {
      fields_.reset(longer);
    }
  }
  // The addresses must not outlive this in the multi handle's cache of names.
  return easy_ && share_ && resolve_ &&
         curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_OK &&
         set_options(options);
}

bool PostTransfer::set_options(const PostOptions& options) {
  CURL* easy = easy_.get();
  const bool asked =
      assign(easy, CURLOPT_URL, target_.url.c_str()) && assign(easy, CURLOPT_PROTOCOLS_STR, "https") &&
      assign(easy, CURLOPT_POST, 1L) && assign(easy, CURLOPT_POSTFIELDS, gzip_.data()) &&
      assign(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(gzip_.size())) &&
      assign(easy, CURLOPT_HTTPHEADER, fields_.get()) && assign(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
      assign(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
      assign(easy, CURLOPT_HTTP09_ALLOWED, 0L) && assign(easy, CURLOPT_PROXY, "") &&
      assign(easy, CURLOPT_NOPROXY, "*") &&
      assign(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) &&
      assign(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  const bool placed =
      assign(easy, CURLOPT_SHARE, share_.get()) && assign(easy, CURLOPT_RESOLVE, resolve_.get()) &&
      assign(easy, CURLOPT_FRESH_CONNECT, 1L) && assign(easy, CURLOPT_FORBID_REUSE, 1L) &&
      assign(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_deadline.count())) &&
      assign(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.deadline.count()));
  // on_verify() judges the chain and the name; libcurl would judge the name by its own rules.
  const bool trusted = assign(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
                       assign(easy, CURLOPT_SSL_VERIFYPEER, options.requires_certificate ? 1L : 0L) &&
                       assign(easy, CURLOPT_SSL_VERIFYHOST, 0L) &&
                       assign(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) &&
                       assign(easy, CURLOPT_CAINFO, static_cast<char*>(nullptr)) &&
                       assign(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr)) &&
                       assign(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L) &&
                       assign(easy, CURLOPT_SSL_CTX_FUNCTION, &PostTransfer::on_tls_context) &&
                       assign(easy, CURLOPT_SSL_CTX_DATA, this);
  const bool heard = assign(easy, CURLOPT_HEADERFUNCTION, &PostTransfer::on_bytes) &&
                     assign(easy, CURLOPT_HEADERDATA, this) &&
                     assign(easy, CURLOPT_WRITEFUNCTION, &PostTransfer::on_bytes) &&
                     assign(easy, CURLOPT_WRITEDATA, this) &&
                     assign(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  return asked && placed && trusted && heard;
}

// A number other than `size * count` ends the transfer; what it says but for the status is of no use.
std::size_t PostTransfer::on_bytes(char* /*data*/, std::size_t size, std::size_t count, void* self) noexcept {
  auto& transfer = *static_cast<PostTransfer*>(self);
  transfer.received_ += size * count;
  return transfer.received_ <= answer_limit_bytes ? size * count : size * count + 1;
}

CURLcode PostTransfer::on_tls_context(CURL* /*easy*/, void* context, void* self) noexcept {
  auto* transfer = static_cast<PostTransfer*>(self);
  auto* tls = static_cast<SSL_CTX*>(context);
  SSL_CTX_set1_cert_store(tls, transfer->trusted_);
  SSL_CTX_set_cert_verify_callback(tls, &PostTransfer::on_verify, transfer);
  SSL_CTX_set_keylog_callback(tls, nullptr);  // whatever SSLKEYLOGFILE says
  return CURLE_OK;
}

int PostTransfer::on_verify(X509_STORE_CTX* context, void* self) noexcept {
  auto* transfer = static_cast<PostTransfer*>(self);
  return guarded(0, [&] {
    const auto faults = trust::judge_chain(context, transfer->target_.host);
    if (!faults.empty()) {
      transfer->chain_fault_ = faults.front();
    }
    return faults.empty() ? 1 : 0;
  });
}

PostOutcome PostTransfer::conclude(CURLcode code) const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) {  // whatever came behind it: the receiver has the report
    std::string answer = "HTTP status " + std::to_string(status);
    if (chain_fault_) {
      answer += ", although its certificate is " + std::string(trust::to_string(chain_fault_->flaw));
    }
    return answer;
  }
  if (status >= 300 && status < 400) {
    return std::unexpected(
        PostError{PostErrorCode::post_redirected, "HTTP status " + std::to_string(status)});
  }
  if (status >= 400) {
    return std::unexpected(PostError{PostErrorCode::post_refused, "HTTP status " + std::to_string(status)});
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION || (chain_fault_ && code == CURLE_SSL_CONNECT_ERROR)) {
    return std::unexpected(
        PostError{PostErrorCode::post_untrusted,
                  chain_fault_ ? "the certificate is " + std::string(trust::to_string(chain_fault_->flaw))
                               : std::string("the certificate is not trusted")});
  }
  const char* text = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
  return std::unexpected(PostError{code_of(code), text::escape_for_display(text)});
}

}  // namespace mta_sts::outcome
