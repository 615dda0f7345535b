#include "sender/fetch/curl_transfer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/guarded.hpp"
#include "policy/policy.hpp"
#include "sender/fetch/host_addresses.hpp"

namespace mta_sts::sender {
namespace {

// libcurl's own limits on what it keeps of an answer's head lie above this; ours ends the transfer below it.
constexpr std::size_t answer_limit_bytes = 64 * 1024;

// Below it keys of 1024 bits and SHA-1 would pass; the host's own configuration may ask for more.
constexpr int security_level = 2;

TlsOutcome fact_of(trust::Flaw flaw) {
  switch (flaw) {
    case trust::Flaw::expired:
      return TlsOutcome::expired;
    case trust::Flaw::not_yet_valid:
      return TlsOutcome::not_yet_valid;
    case trust::Flaw::weak:
      return TlsOutcome::weak;
    case trust::Flaw::wrong_purpose:
      return TlsOutcome::wrong_purpose;
    case trust::Flaw::wrong_host:
      return TlsOutcome::host_mismatch;
    case trust::Flaw::revoked:
      return TlsOutcome::revoked;
    case trust::Flaw::untrusted:
    case trust::Flaw::no_memory:
      break;
  }
  return TlsOutcome::untrusted;
}

ConnectOutcome fact_of_connect_errno(long error) {
  switch (error) {
    case ECONNREFUSED:
      return ConnectOutcome::refused;
    case ETIMEDOUT:
      return ConnectOutcome::timeout;
    default:
      return ConnectOutcome::unreachable;
  }
}

// What this host has run out of.
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == ENOSPC;
}

template <typename Value>
bool set(CURL* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

}  // namespace

bool CurlTransfer::prepare(const std::string& host, std::span<const IpAddress> addresses,
                           const CurlFetchOptions& options, X509_STORE* roots,
                           std::chrono::milliseconds time_left) {
  host_ = host;
  if (X509_STORE_up_ref(roots) != 1) {
    return false;
  }
  roots_.reset(roots);
  has_v4_ = std::ranges::any_of(addresses, [](const IpAddress& address) { return !address.is_v6(); });
  easy_.reset(curl_easy_init());
  share_.reset(curl_share_init());
  resolve_.reset(curl_slist_append(nullptr, resolve_line(host, options.https_port, addresses).c_str()));
  if (!easy_ || !share_ || !resolve_) {
    return false;
  }
  // The addresses of this fetch must not outlive it in the multi handle's cache of names.
  if (curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) != CURLSHE_OK) {
    return false;
  }
  std::string url = "https://" + host;
  if (options.https_port != 443) {
    url += ":" + std::to_string(options.https_port);
  }
  url += "/.well-known/mta-sts.txt";
  return set_options(options, url, time_left);
}

bool CurlTransfer::set_options(const CurlFetchOptions& options, const std::string& url,
                               std::chrono::milliseconds time_left) {
  CURL* easy = easy_.get();
  const long connect_milliseconds = std::max<long>(std::min(options.connect_deadline, time_left).count(), 1);
  const long milliseconds = std::max<long>(time_left.count(), 1);
  // CURLOPT_NOSIGNAL stays off: libcurl then keeps SIGPIPE away by itself, and sends no other (its names are
  // looked up in threads, and here never).
  // What is asked: one GET of one URL over HTTP/1.1, nothing of the environment (R61, R67, R68, R78).
  const bool asked = set(easy, CURLOPT_URL, url.c_str()) && set(easy, CURLOPT_PROTOCOLS_STR, "https") &&
                     set(easy, CURLOPT_HTTPGET, 1L) && set(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
                     set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
                     set(easy, CURLOPT_HTTP09_ALLOWED, 0L) && set(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L) &&
                     set(easy, CURLOPT_HTTP_TRANSFER_DECODING, 0L) && set(easy, CURLOPT_PROXY, "") &&
                     set(easy, CURLOPT_NOPROXY, "*") &&
                     set(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) &&
                     set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  // Where: at the addresses of our own lookup, each time by a connection of its own.
  const bool placed = set(easy, CURLOPT_SHARE, share_.get()) && set(easy, CURLOPT_RESOLVE, resolve_.get()) &&
                      set(easy, CURLOPT_FRESH_CONNECT, 1L) && set(easy, CURLOPT_FORBID_REUSE, 1L) &&
                      set(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::on_open_socket) &&
                      set(easy, CURLOPT_OPENSOCKETDATA, this) &&
                      set(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_milliseconds) &&
                      set(easy, CURLOPT_TIMEOUT_MS, milliseconds);
  // Whom to trust is on_tls_context's (R62, R76); libcurl brings no roots of its own, and keeps none of ours.
  const bool trusted =
      set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
      set(easy, CURLOPT_SSL_VERIFYPEER, 1L) && set(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
      set(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) && set(easy, CURLOPT_CAINFO, static_cast<char*>(nullptr)) &&
      set(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr)) && set(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L) &&
      set(easy, CURLOPT_SSL_CTX_FUNCTION, &CurlTransfer::on_tls_context) &&
      set(easy, CURLOPT_SSL_CTX_DATA, this);
  const bool heard = set(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header) &&
                     set(easy, CURLOPT_HEADERDATA, this) &&
                     set(easy, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body) &&
                     set(easy, CURLOPT_WRITEDATA, this) && set(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  return asked && placed && trusted && heard;
}

curl_socket_t CurlTransfer::on_open_socket(void* self, curlsocktype /*purpose*/,
                                           curl_sockaddr* address) noexcept {
  const int descriptor = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (descriptor < 0 && is_shortage(errno)) {
    static_cast<CurlTransfer*>(self)->own_error_ = errno;
  }
  return descriptor < 0 ? CURL_SOCKET_BAD : descriptor;
}

std::size_t CurlTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  bool done = false;
  const std::size_t taken = guarded(std::size_t{0}, [&] {
    const std::size_t length = size * count;
    const bool fits = transfer.facts_.head.parse_line({data, length});
    done = true;
    return fits ? length : 0;
  });
  transfer.callback_failed_ = transfer.callback_failed_ || !done;
  return taken;
}

// A number other than `size * count` ends the transfer: too much, or nobody wants the body.
std::size_t CurlTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  bool done = false;
  const std::size_t taken = guarded(std::size_t{0}, [&] {
    const std::size_t length = size * count;
    const bool wanted = transfer.receive_body({data, length});
    done = true;
    return wanted ? length : length + 1;
  });
  transfer.callback_failed_ = transfer.callback_failed_ || !done;
  return taken;
}

bool CurlTransfer::receive_body(std::string_view bytes) {
  if (facts_.head.status() != 200) {
    return false;
  }
  if (facts_.head.is_chunked()) {
    facts_.chunk_error = !chunks_.decode(bytes, facts_.head, facts_.body, policy_limit_bytes);
    facts_.last_chunk = chunks_.ended();
    facts_.received = facts_.body.size();
  } else {
    facts_.received += bytes.size();
    facts_.body.append(
        bytes.substr(0, policy_limit_bytes + 1 - std::min(facts_.body.size(), policy_limit_bytes + 1)));
  }
  return !facts_.chunk_error && facts_.received <= policy_limit_bytes;
}

CURLcode CurlTransfer::on_tls_context(CURL* /*easy*/, void* context, void* self) noexcept {
  return guarded(CURLE_OUT_OF_MEMORY, [&] {
    auto* transfer = static_cast<CurlTransfer*>(self);
    auto* tls = static_cast<SSL_CTX*>(context);
    transfer->facts_.connect = ConnectOutcome::ok;  // TLS begins over a connection that stands
    if (transfer->host_.empty() || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_app_data(tls, transfer) != 1) {
      return CURLE_OUT_OF_MEMORY;
    }
    SSL_CTX_set_security_level(tls, std::max(SSL_CTX_get_security_level(tls), security_level));
    SSL_CTX_set1_cert_store(tls, transfer->roots_.get());
    SSL_CTX_set_cert_verify_callback(tls, &CurlTransfer::on_verify, transfer);
    SSL_CTX_set_info_callback(tls, &CurlTransfer::on_tls_info);
    SSL_CTX_set_msg_callback(tls, &CurlTransfer::on_tls_message);
    SSL_CTX_set_msg_callback_arg(tls, transfer);
    SSL_CTX_set_keylog_callback(tls, nullptr);  // whatever SSLKEYLOGFILE says
    return CURLE_OK;
  });
}

int CurlTransfer::on_verify(X509_STORE_CTX* context, void* self) noexcept {
  auto* transfer = static_cast<CurlTransfer*>(self);
  const int accepted = guarded(-1, [&] {
    const auto faults = trust::judge_chain(context, transfer->host_);
    if (faults.empty()) {
      return 1;
    }
    transfer->chain_fault_ = faults.front();
    return 0;
  });
  transfer->callback_failed_ = transfer->callback_failed_ || accepted < 0;
  return std::max(accepted, 0);
}

void CurlTransfer::on_tls_info(const SSL* ssl, int where, int value) noexcept {
  guarded_void([&] {
    auto* transfer = static_cast<CurlTransfer*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    FetchFacts& facts = transfer->facts_;
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0) {
      const char* sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
      facts.connect = ConnectOutcome::ok;
      facts.tls = TlsOutcome::ok;
      facts.tls_version = SSL_version(ssl);
      facts.sni = sent != nullptr ? sent : "";
    }
    // P20: libcurl takes a connection that just ends for the end of the body.
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value & 0xFF) == SSL_AD_CLOSE_NOTIFY) {
      facts.close_notify = true;
    }
  });
}

// Counts the records received: how much libcurl has been given to read.
void CurlTransfer::on_tls_message(int sent, int /*version*/, int type, const void* data, std::size_t length,
                                  SSL* /*ssl*/, void* self) noexcept {
  constexpr std::size_t header_bytes = 5;  // type, version, length
  if (sent == 0 && type == SSL3_RT_HEADER && length == header_bytes) {
    const auto* header = static_cast<const unsigned char*>(data);
    static_cast<CurlTransfer*>(self)->tls_bytes_ += static_cast<std::size_t>(header[3]) << 8U | header[4];
  }
}

void CurlTransfer::conclude(CURLcode code) {
  facts_.note = error_text_.data();
  char* peer = nullptr;
  if (curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_IP, &peer) == CURLE_OK && peer != nullptr) {
    facts_.peer = peer;
  }
  if (code != CURLE_OK && (own_error_ != 0 || callback_failed_)) {
    facts_.not_begun = true;
    facts_.note = callback_failed_ ? "no memory" : std::strerror(own_error_);
    return;
  }
  switch (code) {
    case CURLE_OK:
    case CURLE_WRITE_ERROR:  // ended by on_header or on_body, which left the reason in the facts
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      break;
    case CURLE_COULDNT_CONNECT:
      conclude_connection();
      break;
    case CURLE_OPERATION_TIMEDOUT:
      if (facts_.connect != ConnectOutcome::ok) {
        facts_.connect = ConnectOutcome::timeout;
      }
      facts_.elapsed = std::chrono::milliseconds::max();
      break;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      conclude_certificate();
      break;
    default:
      conclude_otherwise(code);
  }
  if (!chunks_.fault().empty()) {
    facts_.note = chunks_.fault();
  }
}

// Errors of the kernel's own, before a packet was sent, are those of this host; but a stranger's record may
// name an address that no host could reach, and only what others' fetches come to tells the one from the
// other.
void CurlTransfer::conclude_connection() {
  long error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
  const bool at_once = !waited_;
  const bool no_port =
      error == EADDRNOTAVAIL && has_v4_;  // an IPv6 address may just not be one of this host's
  if (at_once && (is_shortage(static_cast<int>(error)) || no_port)) {
    facts_.not_begun = true;
    facts_.note = std::strerror(static_cast<int>(error));
    return;
  }
  facts_.connect = fact_of_connect_errno(error);
  facts_.refused_here = at_once && facts_.connect == ConnectOutcome::unreachable;
}

// Once the peer has sent bytes only they can be at fault, whatever this version of libcurl calls it ("out of
// memory" for a field over its limits, "client certificate required" for an alert); before that, it is this
// host's own setting up.
void CurlTransfer::conclude_otherwise(CURLcode code) {
  const bool is_memory = code == CURLE_OUT_OF_MEMORY && tls_bytes_ <= answer_limit_bytes;
  if (facts_.note.empty()) {
    facts_.note = curl_easy_strerror(code);
  }
  if (facts_.tls == TlsOutcome::ok && !is_memory) {
    facts_.not_http = true;
  } else if (tls_bytes_ > 0 && !is_memory) {
    facts_.tls = TlsOutcome::protocol;
  } else {
    facts_.not_begun = true;
    facts_.note = curl_easy_strerror(code);
  }
}

void CurlTransfer::conclude_certificate() {
  facts_.connect = ConnectOutcome::ok;
  if (chain_fault_ && chain_fault_->flaw == trust::Flaw::no_memory) {
    facts_.not_begun = true;
    facts_.note = "no memory";
    return;
  }
  if (chain_fault_) {
    facts_.tls = fact_of(chain_fault_->flaw);
    facts_.note = X509_verify_cert_error_string(chain_fault_->error);
    return;
  }
  // The handshake itself failed, or libcurl rejected a name that our own check accepted.
  facts_.tls = facts_.tls == TlsOutcome::ok ? TlsOutcome::host_mismatch : TlsOutcome::protocol;
}

}  // namespace mta_sts::sender
