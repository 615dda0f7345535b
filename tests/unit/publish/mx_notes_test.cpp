#include "publish/mx_notes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/parse_policy.hpp"
#include "publish/placeholder.hpp"

namespace mta_sts::publish {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Patterns = std::vector<std::string>;

std::vector<std::string> words_of(const Patterns& patterns) {
  std::vector<std::string> words;
  for (const MxNote& note : find_mx_notes(patterns)) {
    words.emplace_back(to_string(note.kind));
  }
  return words;
}

MxNote only_note(const Patterns& patterns) {
  const auto notes = find_mx_notes(patterns);
  EXPECT_EQ(notes.size(), 1U);
  return notes.empty() ? MxNote{} : notes.front();
}

// The policy with each note's lines in the place of the line that it is about.
Patterns followed(Patterns patterns) {
  const auto notes = find_mx_notes(patterns);
  for (auto note = notes.rbegin(); note != notes.rend(); ++note) {
    if (note->patterns) {
      const auto at = patterns.erase(patterns.begin() + static_cast<std::ptrdiff_t>(note->index));
      patterns.insert(at, note->patterns->begin(), note->patterns->end());
    }
  }
  return patterns;
}

TEST(MailProviders, AreWholeRows) {
  for (const MailProvider& provider : mail_providers()) {
    EXPECT_FALSE(provider.name.empty());
    EXPECT_TRUE(provider.source.starts_with("https://")) << provider.name;
    EXPECT_EQ(provider.looked_up.size(), 10U) << provider.name;
    ASSERT_FALSE(provider.receives.empty()) << provider.name;
    EXPECT_FALSE(provider.receives.front().is_old) << provider.name;
    for (const ProviderSet& set : provider.receives) {
      ASSERT_FALSE(set.hosts.empty());
      for (const ProviderHost& host : set.hosts) {
        EXPECT_TRUE(is_mx_pattern(host.shown(), Reading::strict)) << host.shown();
        EXPECT_TRUE(is_provider_host(host, host.shown())) << host.shown();
        EXPECT_EQ(find_provider(host.shown()), &provider) << host.shown();
        EXPECT_EQ(host.name.find('*') != std::string_view::npos, !host.example.empty()) << host.name;
      }
    }
    for (const std::string_view sender : provider.sends) {
      EXPECT_TRUE(is_mx_pattern(sender, Reading::strict)) << sender;
    }
  }
}

TEST(MailProviders, KnowTheirHostsByLabels) {
  const ProviderHost host{"*.*.mx.microsoft", "contoso-com.o-v1.mx.microsoft"};
  EXPECT_TRUE(is_provider_host(host, "Contoso-com.O-v1.MX.microsoft."));
  EXPECT_FALSE(is_provider_host(host, "contoso-com.mx.microsoft"));
  EXPECT_FALSE(is_provider_host(host, "a.contoso-com.o-v1.mx.microsoft"));
  EXPECT_FALSE(is_provider_host(host, ".o-v1.mx.microsoft"));
  EXPECT_FALSE(is_provider_host(host, ""));
  EXPECT_EQ(find_provider("mx.example.com"), nullptr);
}

// What each provider gives its customers, in the forms that people write.
TEST(MxNotes, AreNoneWhereThePolicyIsRightForItsProvider) {
  const auto good = [](const Patterns& patterns) {
    EXPECT_THAT(words_of(patterns), IsEmpty()) << testing::PrintToString(patterns);
  };
  for (const MailProvider& provider : mail_providers()) {
    for (const ProviderSet& set : provider.receives) {
      Patterns patterns;
      for (const ProviderHost& host : set.hosts) {
        if (host.name.rfind('*') == std::string_view::npos || host.name.rfind('*') == 0) {
          patterns.emplace_back(host.name);
        }
      }
      good(patterns);
    }
  }
  good({"smtp.google.com"});
  good({"aspmx.l.google.com", "*.aspmx.l.google.com"});
  good({"smtp.google.com", "aspmx.l.google.com", "*.aspmx.l.google.com"});
  good({"aspmx.l.google.com", "*.aspmx.l.google.com", "*.googlemail.com"});
  good({"*.google.com", "aspmx.l.google.com", "*.aspmx.l.google.com"});
  good({"gmail-smtp-in.l.google.com", "*.gmail-smtp-in.l.google.com"});  // gmail.com's own
  good({"acme-com.mail.protection.outlook.com"});
  good({"*.mail.protection.outlook.com", "acme-com.o-v1.mx.microsoft"});
  good({"*.o-v1.mx.microsoft"});
  good({"*.olc.protection.outlook.com"});  // outlook.com's own
  good({"route1.mx.cloudflare.net", "route2.mx.cloudflare.net", "route3.mx.cloudflare.net"});
  good({"amir.mx.cloudflare.net", "linda.mx.cloudflare.net", "isaac.mx.cloudflare.net"});
  good({"*.zoho.eu"});
  good({"*.messagingengine.com"});
  good({"*.protonmail.ch"});
  good({"*.mail.icloud.com"});
  good({"mx1.acme.net", "*.mx.acme.net"});
  good({});
}

TEST(MxNotes, TellThatAWildcardIsOneLabel) {
  const MxNote google = only_note({"*.google.com"});
  EXPECT_EQ(google.kind, MxNoteKind::too_short);
  EXPECT_EQ(google.patterns,
            (Patterns{"smtp.google.com", "aspmx.l.google.com", "alt1.aspmx.l.google.com",
                      "alt2.aspmx.l.google.com", "alt3.aspmx.l.google.com", "alt4.aspmx.l.google.com"}));
  EXPECT_THAT(describe(google),
              HasSubstr("covers no aspmx.l.google.com, where Google Workspace receives mail"));
  EXPECT_THAT(explain(google, "*.google.com"), HasSubstr("https://support.google.com/a/answer/174125"));
  EXPECT_EQ(only_note({"*.outlook.com"}).patterns, Patterns{"*.mail.protection.outlook.com"});
  EXPECT_EQ(only_note({"*.protection.outlook.com"}).patterns, Patterns{"*.mail.protection.outlook.com"});
  EXPECT_EQ(only_note({"*.cloudflare.net"}).patterns, Patterns{"*.mx.cloudflare.net"});
  EXPECT_EQ(only_note({"*.icloud.com"}).patterns, (Patterns{"mx01.mail.icloud.com", "mx02.mail.icloud.com"}));
  EXPECT_EQ(only_note({"*.google.com", "aspmx.l.google.com"}).patterns->size(), 5U);  // without aspmx itself
  EXPECT_EQ(only_note({"*.l.google.com"}).patterns->size(), 5U);
}

// Which letter the name of a tenant has, its MX record alone tells.
TEST(MxNotes, InventNoName) {
  const MxNote note = only_note({"*.mx.microsoft"});
  EXPECT_EQ(note.kind, MxNoteKind::too_short);
  EXPECT_EQ(note.patterns, std::nullopt);
  EXPECT_THAT(describe(note), HasSubstr("covers no contoso-com.o-v1.mx.microsoft"));
}

TEST(MxNotes, TellANameThatHasItsHostsBelow) {
  EXPECT_EQ(only_note({"mail.protection.outlook.com"}).patterns, Patterns{"*.mail.protection.outlook.com"});
  EXPECT_EQ(only_note({"mx.cloudflare.net"}).patterns, Patterns{"*.mx.cloudflare.net"});
  EXPECT_EQ(only_note({"zoho.eu"}).patterns, (Patterns{"mx.zoho.eu", "mx2.zoho.eu", "mx3.zoho.eu"}));
  EXPECT_THAT(words_of({"zoho.eu", "*.zoho.eu"}), IsEmpty());
}

TEST(MxNotes, NameTheOtherHostsOfASet) {
  const MxNote google = only_note({"mx1.acme.net", "aspmx.l.google.com"});
  EXPECT_EQ(google.kind, MxNoteKind::hosts_missing);
  EXPECT_EQ(google.index, 1U);
  EXPECT_EQ(google.patterns,
            (Patterns{"aspmx.l.google.com", "alt1.aspmx.l.google.com", "alt2.aspmx.l.google.com",
                      "alt3.aspmx.l.google.com", "alt4.aspmx.l.google.com"}));
  EXPECT_THAT(describe(google), HasSubstr("alt3.aspmx.l.google.com and alt4.aspmx.l.google.com"));
  EXPECT_EQ(only_note({"*.aspmx.l.google.com"}).patterns,
            (Patterns{"*.aspmx.l.google.com", "aspmx.l.google.com"}));
  EXPECT_EQ(only_note({"smtp.google.com", "aspmx.l.google.com"}).kind, MxNoteKind::hosts_missing);
  EXPECT_EQ(only_note({"mail.protonmail.ch"}).patterns,
            (Patterns{"mail.protonmail.ch", "mailsec.protonmail.ch"}));
  EXPECT_EQ(only_note({"mx.zoho.com"}).patterns->size(), 3U);
}

TEST(MxNotes, TellAHostThatOnlySends) {
  EXPECT_EQ(only_note({"smtp.gmail.com"}).patterns->front(), "smtp.google.com");
  EXPECT_EQ(only_note({"smtp.gmail.com"}).patterns->size(), 6U);
  EXPECT_EQ(only_note({"smtp.gmail.com", "smtp.google.com"}).patterns, Patterns{});  // that line goes
  EXPECT_EQ(only_note({"*.gmail.com"}).kind, MxNoteKind::sends_only);
  EXPECT_EQ(only_note({"smtp.office365.com"}).patterns, Patterns{"*.mail.protection.outlook.com"});
  EXPECT_EQ(only_note({"smtp.hve.mx.microsoft"}).kind, MxNoteKind::sends_only);
  EXPECT_EQ(only_note({"smtppro.zoho.eu"}).patterns, (Patterns{"mx.zoho.eu", "mx2.zoho.eu", "mx3.zoho.eu"}));
  EXPECT_EQ(only_note({"smtp.mail.me.com"}).patterns,
            (Patterns{"mx01.mail.icloud.com", "mx02.mail.icloud.com"}));
  EXPECT_EQ(only_note({"smtp.fastmail.com"}).patterns->size(), 2U);
  EXPECT_EQ(only_note({"smtp.protonmail.ch"}).patterns->size(), 2U);
}

TEST(MxNotes, TellAPlaceholder) {
  const auto left_in = [](std::string_view text) { EXPECT_TRUE(is_placeholder(text)) << text; };
  left_in("mail.example.com");
  left_in("*.Example.org");
  left_in("mail.yourdomain.com");
  left_in("mx.your-domain.tld");
  left_in("your-mx-host-here");
  left_in("mail.contoso.com");
  left_in("<your-mx-host>");
  left_in("[mail server]");
  left_in("{{ mx }}");
  left_in("$MX");
  left_in("...");
  const auto real = [](std::string_view text) { EXPECT_FALSE(is_placeholder(text)) << text; };
  real("");
  real("mx.example.community");
  real("myexample.com");
  real("www1.your-server.de");  // a large host's name
  real("mx1.yourhosting.nl");
  real("mx.mydomain.com");  // a registrar's name
  real("mail.my-domain.example");
  real("mail.contoso.co");
  real(std::string(5000, 'a'));
  const MxNote note = only_note({"mail.yourdomain.com"});
  EXPECT_EQ(note.kind, MxNoteKind::placeholder);
  EXPECT_EQ(note.patterns, std::nullopt);
}

TEST(MxNotes, AreGoneWhereTheirLinesWereFollowed) {
  for (const Patterns& patterns : {Patterns{"*.google.com"},
                                   {"*.l.google.com"},
                                   {"aspmx.l.google.com"},
                                   {"smtp.gmail.com"},
                                   {"smtp.gmail.com", "smtp-relay.gmail.com"},
                                   {"*.outlook.com"},
                                   {"smtp.office365.com", "*.outlook.com"},
                                   {"*.icloud.com"},
                                   {"google.com"},
                                   {"mx2.zoho.in"},
                                   {"smtp.zoho.com", "mx.zoho.eu"},
                                   {"mx.cloudflare.net"},
                                   {"aspmx2.googlemail.com"},
                                   {"*.google.com", "*.l.google.com", "smtp.gmail.com"}}) {
    const Patterns mended = followed(patterns);
    EXPECT_NE(mended, patterns);
    EXPECT_THAT(words_of(mended), IsEmpty())
        << testing::PrintToString(patterns) << " became " << testing::PrintToString(mended);
    for (const std::string& pattern : mended) {
      EXPECT_TRUE(is_mx_pattern(pattern, Reading::strict)) << pattern;
    }
  }
}

TEST(MxNotes, KeepTheOrderOfTheLines) {
  EXPECT_THAT(words_of({"mail.protonmail.ch", "smtp.gmail.com", "*.icloud.com", "mail.yourdomain.com"}),
              ElementsAre("mx-hosts-missing", "mx-sends-only", "mx-too-short", "mx-placeholder"));
}

// A policy is 64 KiB, and check reads that of a stranger.
TEST(MxNotes, AreBoundedForAStrangersPolicy) {
  EXPECT_EQ(find_mx_notes(Patterns(8000, "*.l.google.com")).size(), 1U);
  EXPECT_EQ(find_mx_notes(Patterns(8000, "smtp.gmail.com")).size(), mx_notes_limit);
  EXPECT_EQ(find_mx_notes(Patterns(8000, "a.tld")).size(), mx_notes_limit);
}

}  // namespace
}  // namespace mta_sts::publish
