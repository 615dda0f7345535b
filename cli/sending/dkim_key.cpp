#include "cli/sending/dkim_key.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/enum_names.hpp"

namespace mta_sts::cli {
namespace {

std::string_view trim_space(std::string_view text) {
  while (!text.empty() && ascii::is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && ascii::is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

/// The service types of "s=".
struct Services {
  bool mail = false;
  bool reports = false;
  bool every = false;
};

Services services_of(std::string_view list) {
  Services services;
  text::Cursor cursor(list);
  do {
    const std::string_view word = trim_space(cursor.take_while([](char c) { return c != ':'; }));
    services.mail = services.mail || word == "email";
    services.reports = services.reports || word == "tlsrpt";
    services.every = services.every || word == "*";
  } while (cursor.take(':'));
  return services;
}

DkimKey judge_services(const Services& services) {
  const bool is_for_mail = services.mail || services.every;
  if (is_for_mail && services.reports) {
    return DkimKey::good;
  }
  if (services.every) {
    return DkimKey::every_use;
  }
  if (services.mail) {
    return DkimKey::mail_alone;
  }
  return services.reports ? DkimKey::reports_alone : DkimKey::other_use;
}

}  // namespace

DkimKey judge_dkim_key(std::string_view record) {
  std::optional<std::string_view> key;
  Services services{.every = true};
  bool is_first = true;
  text::Cursor cursor(record);
  do {
    const std::string_view tag = cursor.take_while([](char c) { return c != ';'; });
    const std::size_t equals = tag.find('=');
    const std::string_view name = trim_space(tag.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : trim_space(tag.substr(equals + 1));
    if (name == "v" && (!is_first || value != "DKIM1")) {
      return DkimKey::malformed;
    }
    if (name == "p") {
      key = value;
    } else if (name == "s") {
      services = services_of(value);
    }
    is_first = false;
  } while (cursor.take(';'));
  if (!key) {
    return DkimKey::malformed;
  }
  return key->empty() ? DkimKey::revoked : judge_services(services);
}

bool is_usable(DkimKey key) {
  return key <= DkimKey::mail_alone;
}

std::string_view explain(DkimKey key) {
  using enum DkimKey;
  static constexpr auto texts = enum_names<DkimKey>({
      {good, "it is for mail and for TLS reports"},
      {every_use,
       "it is for every use; RFC 8460 would have s=email:tlsrpt, and few receivers insist on that"},
      {mail_alone, "s= does not name tlsrpt, so a receiver may ignore reports: write s=email:tlsrpt"},
      {reports_alone, "s= does not name email, so mail servers ignore the key: write s=email:tlsrpt"},
      {other_use, "s= names another use: write s=email:tlsrpt"},
      {revoked, "p= is empty: the key is revoked"},
      {malformed, "this is no key record: it begins with v=DKIM1 and has p="},
      {several, "there must be one record"},
  });
  return texts[key];
}

}  // namespace mta_sts::cli
