#include "publish/mail_providers.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"

namespace mta_sts::publish {
namespace {

// Google names smtp.google.com alone since 2023; both older sets are in use.
constexpr ProviderHost google[] = {{"smtp.google.com"}};
constexpr ProviderHost google_aspmx[] = {{"aspmx.l.google.com"},
                                         {"alt1.aspmx.l.google.com"},
                                         {"alt2.aspmx.l.google.com"},
                                         {"alt3.aspmx.l.google.com"},
                                         {"alt4.aspmx.l.google.com"}};
constexpr ProviderHost google_googlemail[] = {{"aspmx.l.google.com"},
                                              {"alt1.aspmx.l.google.com"},
                                              {"alt2.aspmx.l.google.com"},
                                              {"aspmx2.googlemail.com"},
                                              {"aspmx3.googlemail.com"}};
constexpr ProviderSet google_receives[] = {{google}, {google_aspmx}, {google_googlemail, true}};
constexpr std::string_view google_sends[] = {"smtp.gmail.com", "smtp-relay.gmail.com"};  // answer/176600

// mx.microsoft is for domains with DNSSEC: .../en-us/purview/how-smtp-dane-works
constexpr ProviderHost microsoft[] = {
    {"*.mail.protection.outlook.com", "contoso-com.mail.protection.outlook.com"}};
constexpr ProviderHost microsoft_dnssec[] = {{"*.*.mx.microsoft", "contoso-com.o-v1.mx.microsoft"}};
constexpr ProviderSet microsoft_receives[] = {{microsoft}, {microsoft_dnssec}};
constexpr std::string_view microsoft_sends[] = {"smtp.office365.com", "smtp-mail.outlook.com",
                                                "smtp.hve.mx.microsoft"};

constexpr ProviderHost cloudflare[] = {{"*.mx.cloudflare.net", "route1.mx.cloudflare.net"}};
constexpr ProviderSet cloudflare_receives[] = {{cloudflare}};

// One set a data centre: an account lives in one of them.
constexpr ProviderHost zoho_com[] = {{"mx.zoho.com"}, {"mx2.zoho.com"}, {"mx3.zoho.com"}};
constexpr ProviderHost zoho_eu[] = {{"mx.zoho.eu"}, {"mx2.zoho.eu"}, {"mx3.zoho.eu"}};
constexpr ProviderHost zoho_in[] = {{"mx.zoho.in"}, {"mx2.zoho.in"}, {"mx3.zoho.in"}};
constexpr ProviderHost zoho_au[] = {{"mx.zoho.com.au"}, {"mx2.zoho.com.au"}, {"mx3.zoho.com.au"}};
constexpr ProviderHost zoho_jp[] = {{"mx.zoho.jp"}, {"mx2.zoho.jp"}, {"mx3.zoho.jp"}};
constexpr ProviderSet zoho_receives[] = {{zoho_com}, {zoho_eu}, {zoho_in}, {zoho_au}, {zoho_jp}};
constexpr std::string_view zoho_sends[] = {"smtp.zoho.com",    "smtppro.zoho.com", "smtp.zoho.eu",
                                           "smtppro.zoho.eu",  "smtp.zoho.in",     "smtppro.zoho.in",
                                           "smtp.zoho.com.au", "smtp.zoho.jp"};

constexpr ProviderHost fastmail[] = {{"in1-smtp.messagingengine.com"}, {"in2-smtp.messagingengine.com"}};
constexpr ProviderSet fastmail_receives[] = {{fastmail}};
constexpr std::string_view fastmail_sends[] = {"smtp.fastmail.com"};

constexpr ProviderHost proton[] = {{"mail.protonmail.ch"}, {"mailsec.protonmail.ch"}};
constexpr ProviderSet proton_receives[] = {{proton}};
constexpr std::string_view proton_sends[] = {"smtp.protonmail.ch"};  // /support/smtp-submission

constexpr ProviderHost icloud[] = {{"mx01.mail.icloud.com"}, {"mx02.mail.icloud.com"}};
constexpr ProviderSet icloud_receives[] = {{icloud}};
constexpr std::string_view icloud_sends[] = {"smtp.mail.me.com"};  // support.apple.com/102525

constexpr std::array table{
    MailProvider{"Google Workspace", google_receives, google_sends,
                 "https://support.google.com/a/answer/174125", "2026-11-28"},
    MailProvider{"Microsoft 365", microsoft_receives, microsoft_sends,
                 "https://learn.microsoft.com/en-us/purview/enhancing-mail-flow-with-mta-sts", "2026-11-28"},
    MailProvider{"Cloudflare Email Routing",
                 cloudflare_receives,
                 {},
                 "https://developers.cloudflare.com/email-routing/setup/mta-sts/",
                 "2026-11-28"},
    MailProvider{"Zoho Mail", zoho_receives, zoho_sends,
                 "https://www.zoho.com/mail/help/adminconsole/configure-email-delivery.html", "2026-11-28"},
    MailProvider{"Fastmail", fastmail_receives, fastmail_sends,
                 "https://www.fastmail.help/hc/en-us/articles/360060591153", "2026-11-28"},
    MailProvider{"Proton Mail", proton_receives, proton_sends, "https://proton.me/support/custom-domain",
                 "2026-11-28"},
    MailProvider{"iCloud Mail", icloud_receives, icloud_sends, "https://support.apple.com/102374",
                 "2026-11-28"},
};

std::string_view take_label(std::string_view& name) {
  const std::size_t end = std::min(name.find('.'), name.size());
  const std::string_view label = name.substr(0, end);
  name.remove_prefix(std::min(end + 1, name.size()));
  return label;
}

}  // namespace

std::span<const MailProvider> mail_providers() {
  return table;
}

bool is_provider_host(const ProviderHost& host, std::string_view name) {
  std::string_view wanted = host.name;
  if (name.ends_with('.')) {
    name.remove_suffix(1);
  }
  while (!wanted.empty() && !name.empty()) {
    const std::string_view label = take_label(wanted);
    const std::string_view own = take_label(name);
    if (own.empty() || (label != "*" && !ascii::equals_ignoring_case(label, own))) {
      return false;
    }
  }
  return wanted.empty() && name.empty();
}

const MailProvider* find_provider(std::string_view mx_host) {
  const auto receives = [&](const MailProvider& provider) {
    return std::ranges::any_of(provider.receives, [&](const ProviderSet& set) {
      return std::ranges::any_of(set.hosts,
                                 [&](const ProviderHost& host) { return is_provider_host(host, mx_host); });
    });
  };
  const auto known = std::ranges::find_if(table, receives);
  return known == table.end() ? nullptr : &*known;
}

}  // namespace mta_sts::publish
