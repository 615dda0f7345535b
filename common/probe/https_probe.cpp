#include "probe/https_probe.hpp"

#include <curl/curl.h>

#include "base/ascii.hpp"
#include "base/guarded.hpp"
#include "base/handle.hpp"
#include "policy/policy.hpp"

namespace mta_sts::probe {
namespace {

using check::HttpsFact;
using check::Reach;

constexpr std::size_t headers_limit = 200;
constexpr std::size_t header_limit_bytes = 8192;

using Curl = Handle<CURL, curl_easy_cleanup>;
using CurlList = Handle<curl_slist, curl_slist_free_all>;

// What libcurl's callbacks fill during one request.
struct Exchange {
  HttpsFact* fact = nullptr;
  ChainReader* chains = nullptr;
  std::optional<check::CertificateFact>* certificate = nullptr;  // of the connection, kept over its requests
  const char* version = "";
  const char* cipher = "";
  bool has_begun_tls = false;
  bool close_notify = false;
  bool head_is_too_large = false;
};

std::size_t on_header(const char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  return guarded(std::size_t{0}, [&] {
    std::string_view line(data, size);
    while (line.ends_with('\n') || line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.starts_with("HTTP/")) {  // a new head: what an interim answer said does not count
      exchange.fact->headers.clear();
      exchange.fact->http_version = line.substr(0, line.find(' '));
      return size;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      return size;
    }
    if (size > header_limit_bytes || exchange.fact->headers.size() >= headers_limit) {
      exchange.head_is_too_large = true;
      return std::size_t{0};
    }
    exchange.fact->headers.push_back({.name = std::string(line.substr(0, colon)),
                                      .value = std::string(ascii::trim_blanks(line.substr(colon + 1)))});
    return size;
  });
}

std::size_t on_body(const char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  return guarded(std::size_t{0}, [&] {
    std::string& body = exchange.fact->body;
    const std::size_t room = policy_limit_bytes + 1 - body.size();
    body.append(data, std::min(size, room));
    return size <= room ? size : 0;
  });
}

// Accepts every chain and keeps it: judging is for the checks.
int keep_chain(X509_STORE_CTX* context, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  guarded_void([&] {
    const Handle<STACK_OF(X509), [](STACK_OF(X509) * chain) { sk_X509_free(chain); }> chain(
        sk_X509_new_null());
    sk_X509_push(chain.get(), X509_STORE_CTX_get0_cert(context));
    const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(context);
    for (int i = 0; i < sk_X509_num(sent); ++i) {
      if (sk_X509_value(sent, i) != X509_STORE_CTX_get0_cert(context)) {
        sk_X509_push(chain.get(), sk_X509_value(sent, i));
      }
    }
    *exchange.certificate = exchange.chains->read(chain.get());
  });
  return 1;
}

void note_close(const SSL* ssl, int where, int value) {
  const bool is_close =
      (where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value & 0xFF) == SSL_AD_CLOSE_NOTIFY;
  auto* exchange = static_cast<Exchange*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (exchange == nullptr) {
    return;
  }
  exchange->close_notify = exchange->close_notify || is_close;
  if ((where & SSL_CB_HANDSHAKE_START) != 0) {  // of a new connection, which may not come as far as the last
    exchange->version = "";
    exchange->cipher = "";
    exchange->has_begun_tls = true;
  }
  if ((where & SSL_CB_HANDSHAKE_DONE) != 0) {
    exchange->version = SSL_get_version(ssl);  // names in static memory
    exchange->cipher = SSL_get_cipher_name(ssl);
  }
}

CURLcode prepare_tls(CURL*, void* context, void* user) {
  auto* ssl_context = static_cast<SSL_CTX*>(context);
  SSL_CTX_set_cert_verify_callback(ssl_context, keep_chain, user);
  SSL_CTX_set_app_data(ssl_context, static_cast<char*>(user));
  SSL_CTX_set_info_callback(ssl_context, note_close);
  return CURLE_OK;
}

std::string url_of(const HttpsTarget& target) {
  return "https://" + target.host + ":" + std::to_string(target.endpoint.port) + target.path;
}

std::string resolve_line(const HttpsTarget& target) {
  const std::string address = target.endpoint.address.to_text();
  return target.host + ":" + std::to_string(target.endpoint.port) + ":" +
         (target.endpoint.address.is_v6() ? "[" + address + "]" : address);
}

void set_common(CURL* curl, Exchange& exchange) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, prepare_tls);
  curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
}

// libcurl has no time of connecting for a handshake that gets no answer, nor for a connection that was kept.
Reach reach_of(CURL* curl, CURLcode code, bool has_begun_tls) {
  double connected = 0;
  long sent = 0;
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
  curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME, &connected);
  const bool is_reached = connected > 0 || sent > 0 || has_begun_tls;
  if (code != CURLE_COULDNT_CONNECT && (code != CURLE_OPERATION_TIMEDOUT || is_reached)) {
    return Reach::connected;
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return Reach::timeout;
  }
  long os_error = 0;
  curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_error);
  return os_error == ECONNREFUSED ? Reach::refused
         : os_error == ETIMEDOUT  ? Reach::timeout
                                  : Reach::unreachable;
}

bool is_close_delimited(const HttpsFact& fact) {
  for (const check::HttpHeader& header : fact.headers) {
    if (ascii::equals_ignoring_case(header.name, "Content-Length") ||
        ascii::equals_ignoring_case(header.name, "Transfer-Encoding")) {
      return false;
    }
  }
  return fact.method == "GET" && fact.status != 204 && fact.status != 304;
}

std::string words_of(CURLcode code) {
  // libcurl's words for bytes that are no HTTP: "Unsupported protocol", "Weird server reply".
  return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY ? "what came is not HTTP"
                                                                                : curl_easy_strerror(code);
}

void finish(CURL* curl, CURLcode code, const Exchange& exchange, HttpsFact& fact) {
  long status = 0;
  double seconds = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME, &seconds);
  fact.status = static_cast<int>(status);
  fact.elapsed = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  fact.reach = reach_of(curl, code, exchange.has_begun_tls);
  if (fact.reach == Reach::connected) {
    fact.tls.certificate = *exchange.certificate;
    fact.tls.version = exchange.version;
    fact.tls.cipher = exchange.cipher;
    fact.tls.established = !fact.tls.version.empty();
  }
  const bool body_is_whole = code == CURLE_OK && fact.body.size() <= policy_limit_bytes;
  fact.complete = body_is_whole && (!is_close_delimited(fact) || exchange.close_notify);
  if (fact.complete) {
    return;
  }
  if (fact.body.size() > policy_limit_bytes) {
    fact.error = "the body is over 64 KiB";
  } else if (exchange.head_is_too_large) {
    fact.error = "the answer's head is too large";
  } else if (code == CURLE_OK) {
    fact.error = "the connection ended without close_notify";
  } else {
    fact.error = words_of(code);
  }
  if (!fact.tls.established) {
    fact.tls.error = fact.error;
  }
}

HttpsFact untried(const HttpsTarget& target) {
  HttpsFact fact;
  fact.host = target.host;
  fact.path = target.path;
  fact.method = target.method;
  fact.user_agent = target.user_agent;
  fact.address = target.endpoint.address.to_text();
  return fact;
}

CURLcode ask(CURL* curl, Exchange& exchange, const HttpsTarget& target, Deadline deadline) {
  exchange.has_begun_tls = false;
  exchange.close_notify = false;
  exchange.head_is_too_large = false;
  const CurlList resolve(curl_slist_append(nullptr, resolve_line(target).c_str()));
  curl_easy_setopt(curl, CURLOPT_RESOLVE, resolve.get());
  curl_easy_setopt(curl, CURLOPT_URL, url_of(target).c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_NOBODY, target.method == "HEAD" ? 1L : 0L);
  if (target.method == "GET") {
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
  } else if (target.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
  }
  curl_easy_setopt(curl, CURLOPT_USERAGENT, target.user_agent.empty() ? nullptr : target.user_agent.c_str());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<std::int64_t>(deadline.left().count(), 1)));  // 0 is no limit
  return curl_easy_perform(curl);
}

}  // namespace

std::vector<HttpsFact> probe_https(std::span<const HttpsTarget> targets, const TlsClient& tls,
                                   TimeLimit limit) {
  std::vector<HttpsFact> facts;
  std::optional<check::CertificateFact> certificate;
  Exchange exchange{.fact = nullptr, .chains = &tls.chains(), .certificate = &certificate};
  const Curl curl(curl_easy_init());
  if (!curl) {
    return facts;
  }
  facts.reserve(targets.size());  // the exchange points to the one under way
  set_common(curl.get(), exchange);
  bool goes_on = true;
  for (const HttpsTarget& target : targets) {
    facts.push_back(untried(target));
    Deadline deadline = limit.begin();
    if (!goes_on || deadline.passed()) {
      continue;
    }
    const bool is_cut = limit.total.left() < limit.exchange;
    exchange.fact = &facts.back();
    CURLcode code = ask(curl.get(), exchange, target, deadline);
    if (code == CURLE_OPERATION_TIMEDOUT && is_cut && facts.size() > 1) {
      facts.back() = untried(target);  // others took its time: it is not known to be silent
      goes_on = false;
      continue;
    }
    const bool was_kept = facts.size() > 1 && !exchange.has_begun_tls;
    deadline = limit.begin();
    if (code == CURLE_OPERATION_TIMEDOUT && was_kept && !deadline.passed()) {
      // The silence may be that of a connection which the server kept but answers no more.
      facts.back() = untried(target);
      curl_easy_setopt(curl.get(), CURLOPT_FRESH_CONNECT, 1L);
      code = ask(curl.get(), exchange, target, deadline);
    }
    finish(curl.get(), code, exchange, facts.back());
    goes_on = facts.back().reach == Reach::connected && code != CURLE_OPERATION_TIMEDOUT;
  }
  return facts;
}

std::optional<check::TlsFact> probe_tls(const Endpoint& endpoint, const TlsWish& wish, const TlsClient& tls,
                                        Deadline deadline) {
  const auto connection = ProbeConnection::open(endpoint, deadline);
  if (!connection) {
    return std::nullopt;
  }
  return tls.handshake(*connection, wish, deadline).fact;
}

std::optional<std::string> probe_version(const Endpoint& endpoint, const TlsWish& wish, const TlsClient& tls,
                                         Deadline deadline) {
  const auto connection = ProbeConnection::open(endpoint, deadline);
  return connection ? tls.chosen_version(*connection, wish, deadline) : std::nullopt;
}

}  // namespace mta_sts::probe
