#include "sender/redis/tls_pipe.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <new>

#include "base/utf8.hpp"
#include "os/ip_address.hpp"

namespace mta_sts::sender {
namespace {

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason != nullptr ? text::escape_for_display(reason, 200) : "unknown reason";
}

Fault failure(std::string_view option, const std::string& path) {
  return {"shared-cache-unusable", std::string(option) + " " + text::escape_for_display(path) +
                                       " cannot be used: " + last_error() + "; name a readable PEM file"};
}

}  // namespace

std::expected<TlsSettings, Fault> read_tls_files(const TlsFiles& files) {
  ERR_clear_error();
  TlsSettings settings(SSL_CTX_new(TLS_client_method()));
  if (!settings || SSL_CTX_set_min_proto_version(settings.get(), TLS1_2_VERSION) != 1) {
    return std::unexpected(Fault{"shared-cache-unusable", "OpenSSL cannot be used: " + last_error()});
  }
  SSL_CTX_set_verify(settings.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_file(settings.get(), files.ca.c_str()) != 1) {
    return std::unexpected(failure("--shared-cache-ca", files.ca));
  }
  if (files.certificate.empty()) {
    return settings;
  }
  if (SSL_CTX_use_certificate_chain_file(settings.get(), files.certificate.c_str()) != 1) {
    return std::unexpected(failure("--shared-cache-certificate", files.certificate));
  }
  if (SSL_CTX_use_PrivateKey_file(settings.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(settings.get()) != 1) {
    return std::unexpected(failure("--shared-cache-key", files.key));
  }
  return settings;
}

TlsPipe::TlsPipe(SSL_CTX* settings, const std::string& host) : ssl_(SSL_new(settings)) {
  Handle<BIO, BIO_free_all> in(BIO_new(BIO_s_mem()));
  Handle<BIO, BIO_free_all> out(BIO_new(BIO_s_mem()));
  if (!ssl_ || !in || !out) {
    throw std::bad_alloc();
  }
  from_server_ = in.get();
  to_server_ = out.get();
  SSL_set_bio(ssl_.get(), in.release(), out.release());
  SSL_set_connect_state(ssl_.get());
  bool is_named = false;
  if (IpAddress::parse(host)) {
    is_named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) == 1;
  } else {
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    is_named = SSL_set1_host(ssl_.get(), host.c_str()) == 1 &&
               SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1;
  }
  if (!is_named) {
    failure_ = "the host's name cannot be checked";  // and so nobody is spoken to
  }
}

void TlsPipe::note_result(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return;
  }
  if (error == SSL_ERROR_ZERO_RETURN) {
    is_ended_ = true;
    return;
  }
  const long verified = SSL_get_verify_result(ssl_.get());
  failure_ = verified != X509_V_OK
                 ? std::string("the server's certificate: ") + X509_verify_cert_error_string(verified)
                 : last_error();
}

std::string TlsPipe::receive(std::string_view bytes) {
  std::string plain;
  if (has_failed()) {
    return plain;
  }
  ERR_clear_error();
  if (!bytes.empty()) {
    BIO_write(from_server_, bytes.data(), static_cast<int>(bytes.size()));  // into memory: all of it
  }
  if (!is_established_) {
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
      note_result(result);
      return plain;
    }
    is_established_ = true;
  }
  std::array<char, 4096> chunk{};
  int count = 0;
  while ((count = SSL_read(ssl_.get(), chunk.data(), static_cast<int>(chunk.size()))) > 0) {
    plain.append(chunk.data(), static_cast<std::size_t>(count));
  }
  note_result(count);
  return plain;
}

void TlsPipe::send(std::string_view bytes) {
  ERR_clear_error();
  const int result = bytes.empty() ? 1 : SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (result <= 0) {
    note_result(result);
  }
}

std::string TlsPipe::take_output() {
  std::string output(BIO_ctrl_pending(to_server_), '\0');
  const int count = output.empty() ? 0 : BIO_read(to_server_, output.data(), static_cast<int>(output.size()));
  output.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return output;
}

}  // namespace mta_sts::sender
