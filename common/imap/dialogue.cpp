#include "imap/dialogue.hpp"

#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/guarded.hpp"
#include "base/handle.hpp"
#include "base/utf8.hpp"

namespace mta_sts::imap {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds wait_most{1000};

std::unexpected<Fault> unreachable(std::string detail) {
  return std::unexpected(Fault{"mailbox-unreachable", std::move(detail)});
}

template <typename Value>
bool assign(CURL* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

}  // namespace

struct Dialogue::Held {
  Handle<CURL, curl_easy_cleanup> easy{curl_easy_init()};
  std::array<char, CURL_ERROR_SIZE> error_text{};
  OnWait on_wait;
  curl_socket_t socket = CURL_SOCKET_BAD;
  std::string unread;

  bool set_up(const Address& address, const Login& login, MailPatience patience);
  std::unexpected<Fault> failure(CURLcode code) const;
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept;
};

int Dialogue::Held::on_progress(void* self, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t /*to_send*/,
                                curl_off_t /*sent*/) noexcept {
  return guarded(1, [&] { return static_cast<Held*>(self)->on_wait() ? 0 : 1; });
}

bool Dialogue::Held::set_up(const Address& address, const Login& login, MailPatience patience) {
  CURL* handle = easy.get();
  const char* scheme = address.has_implicit_tls ? "imaps" : "imap";
  const std::string url = std::string(scheme) + "://" + address.host + ":" + address.port + "/";
  const long limit = static_cast<long>(milliseconds(patience.connect).count());
  const bool asked =
      assign(handle, CURLOPT_URL, url.c_str()) && assign(handle, CURLOPT_PROTOCOLS_STR, scheme) &&
      assign(handle, CURLOPT_USERNAME, address.user.c_str()) &&
      assign(handle, CURLOPT_PASSWORD, login.password.c_str()) && assign(handle, CURLOPT_CONNECT_ONLY, 1L) &&
      assign(handle, CURLOPT_PROXY, "") && assign(handle, CURLOPT_NOPROXY, "*") &&
      assign(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  // CURLUSESSL_ALL: without STARTTLS the connection ends before the password is sent.
  const bool trusted = assign(handle, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL)) &&
                       assign(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
                       assign(handle, CURLOPT_SSL_VERIFYPEER, 1L) &&
                       assign(handle, CURLOPT_SSL_VERIFYHOST, 2L) &&
                       assign(handle, CURLOPT_CAINFO, login.ca_file.c_str()) &&
                       assign(handle, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  const bool bounded = assign(handle, CURLOPT_CONNECTTIMEOUT_MS, limit) &&
                       assign(handle, CURLOPT_TIMEOUT_MS, limit) && assign(handle, CURLOPT_NOPROGRESS, 0L) &&
                       assign(handle, CURLOPT_XFERINFOFUNCTION, &Held::on_progress) &&
                       assign(handle, CURLOPT_XFERINFODATA, this) &&
                       assign(handle, CURLOPT_ERRORBUFFER, error_text.data());
  return asked && trusted && bounded;
}

std::unexpected<Fault> Dialogue::Held::failure(CURLcode code) const {
  std::string said =
      text::escape_for_display(error_text[0] != '\0' ? error_text.data() : curl_easy_strerror(code), 300);
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CACERT_BADFILE:
      return std::unexpected(Fault{"mailbox-untrusted", std::move(said)});
    case CURLE_LOGIN_DENIED:
      return std::unexpected(
          Fault{"mailbox-refused", "the server refuses the user or the password: " + said});
    default:
      return unreachable(std::move(said));
  }
}

Dialogue::Result<Dialogue> Dialogue::open(const Address& address, const Login& login, MailPatience patience,
                                          OnWait on_wait) {
  const auto held = std::make_shared<Held>();
  held->on_wait = std::move(on_wait);
  if (!held->easy || !held->set_up(address, login, patience)) {
    return unreachable("libcurl has no memory, or was built without IMAP");
  }
  CURL* easy = held->easy.get();
  if (const CURLcode code = curl_easy_perform(easy); code != CURLE_OK) {
    return held->failure(code);
  }
  if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &held->socket) != CURLE_OK ||
      held->socket == CURL_SOCKET_BAD) {
    return unreachable("the server closed the connection");
  }
  return Dialogue(held, patience);
}

Dialogue::Result<void> Dialogue::wait(short events, Deadline until) const {
  pollfd polled{.fd = held_->socket, .events = events, .revents = 0};
  while (!until.passed()) {
    if (!held_->on_wait()) {
      return unreachable("it was waited for when this program was told to end");
    }
    if (::poll(&polled, 1, static_cast<int>(std::min(until.left(), wait_most).count())) > 0) {
      return {};
    }
  }
  return unreachable("the server is silent, or too slow");
}

Dialogue::Result<void> Dialogue::send(std::string_view bytes, Deadline whole) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode code = curl_easy_send(held_->easy.get(), bytes.data(), bytes.size(), &sent);
    if (code == CURLE_AGAIN) {
      if (auto waited = wait(POLLOUT, whole.earlier(Deadline::in(patience_.silence))); !waited) {
        return waited;
      }
    } else if (code != CURLE_OK) {
      return unreachable("the server closed the connection");
    }
    bytes.remove_prefix(sent);
  }
  return {};
}

Dialogue::Result<void> Dialogue::fill(Deadline whole) {
  std::array<char, 16384> bytes{};
  while (!whole.passed()) {
    std::size_t got = 0;
    const CURLcode code = curl_easy_recv(held_->easy.get(), bytes.data(), bytes.size(), &got);
    if (code == CURLE_OK && got > 0) {
      held_->unread.append(bytes.data(), got);
      return {};
    }
    if (code != CURLE_AGAIN) {
      return unreachable("the server closed the connection");
    }
    if (auto waited = wait(POLLIN, whole.earlier(Deadline::in(patience_.silence))); !waited) {
      return waited;
    }
  }
  return unreachable("the server is too slow");
}

Dialogue::Result<std::string> Dialogue::read_line(std::size_t limit, Deadline whole) {
  std::string& unread = held_->unread;
  std::size_t searched = 0;
  while (true) {
    const std::size_t end = unread.find('\n', searched);
    if (end == std::string::npos ? unread.size() > limit : end > limit) {
      return std::unexpected(
          Fault{"mailbox-garbled", "the server sent a line over " + std::to_string(limit) + " bytes"});
    }
    if (end != std::string::npos) {
      std::string line = unread.substr(0, end > 0 && unread[end - 1] == '\r' ? end - 1 : end);
      unread.erase(0, end + 1);
      return line;
    }
    searched = unread.size();
    if (const auto filled = fill(whole); !filled) {
      return std::unexpected(filled.error());
    }
  }
}

Dialogue::Result<std::string> Dialogue::read_bytes(std::size_t count, Deadline whole) {
  std::string bytes;
  while (true) {
    const std::size_t taken = std::min(count - bytes.size(), held_->unread.size());
    bytes.append(held_->unread, 0, taken);
    held_->unread.erase(0, taken);
    if (bytes.size() == count) {
      return bytes;
    }
    if (const auto filled = fill(whole); !filled) {
      return std::unexpected(filled.error());
    }
  }
}

}  // namespace mta_sts::imap
