// What web servers' own dumps say of their policies.
#include "check/local_directives.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta_sts::check {
namespace {

using testing::ElementsAre;

TEST(LocalPolicies, FindsDirectivesInWhatNginxPrints) {
  const auto found = find_nginx_directives(
      "# configuration file /etc/nginx/nginx.conf:\n"
      "events { worker_connections 1; }\n"
      "http {\n"
      "  # mta_sts enforce mx=commented.example;\n"
      "  include sites/*;\n"
      "}\n"
      "\n"
      "# configuration file /etc/nginx/sites/a.conf:\n"
      "server {\n"
      "  add_header X \"; mta_sts none;\";\n"
      "  mta_sts enforce\n"
      "    mx=mx.example.com 'mx=*.example.net' max_age=4w;\n"
      "}\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].source, "/etc/nginx/sites/a.conf:3");
  EXPECT_THAT(found[0].words, ElementsAre("enforce", "mx=mx.example.com", "mx=*.example.net", "max_age=4w"));
}

TEST(LocalPolicies, EndsOnDumpsThatAreCutOff) {
  for (const char* dump :
       {"", "mta_sts", "mta_sts \"enforce", "mta_sts enforce\\", "#", "# configuration file :", "{{{{"}) {
    EXPECT_TRUE(find_nginx_directives(dump).empty()) << dump;
  }
}

TEST(LocalPolicies, FindsDirectivesInApachesFiles) {
  const auto found = find_apache_directives(
      "<VirtualHost *:443>\n  mtasts testing \\\n    mx=a.example \"mx=b.example\"\n</VirtualHost>\n# MtaSts "
      "none\nMtaStsX y\n",
      "/etc/apache2/a.conf");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].source, "/etc/apache2/a.conf:2");
  EXPECT_THAT(found[0].words, ElementsAre("testing", "mx=a.example", "mx=b.example"));
}

TEST(LocalPolicies, FindsApachesFiles) {
  EXPECT_THAT(find_apache_files("Included configuration files:\n  (*) /etc/apache2/apache2.conf\n"
                                "    (146) /etc/apache2/mods-enabled/mta_sts.conf\nSyntax OK\n"),
              ElementsAre("/etc/apache2/apache2.conf", "/etc/apache2/mods-enabled/mta_sts.conf"));
}

}  // namespace
}  // namespace mta_sts::check
