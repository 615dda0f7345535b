/* The names of certificates, as a program in C has them checked. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mta_sts.h"

static bool fits(const char* dns_name, const char* host) {
  const mta_sts_text name = mta_sts_string(dns_name);
  return mta_sts_certificate_matches(&name, 1, mta_sts_string(host));
}

static void accepts_the_name_of_the_host(void** state) {
  (void)state;
  assert_true(fits("mx.example.com", "mx.example.com"));
  assert_true(fits("MX.example.com", "mx.EXAMPLE.com."));
  assert_true(fits("*.example.com", "mx.example.com"));
}

static void refuses_the_names_of_others(void** state) {
  (void)state;
  assert_false(fits("example.com", "mx.example.com"));
  assert_false(fits("*.example.com", "example.com"));
  assert_false(fits("*.example.com", "a.mx.example.com"));
  assert_false(fits("m*.example.com", "mx.example.com"));
  assert_false(fits("*.com", "example.com"));
  assert_false(fits("*.example.com", "*.example.com"));
  assert_false(fits("", ""));
}

static void looks_at_every_name(void** state) {
  const mta_sts_text names[] = {mta_sts_string("a.example"), {NULL, 0}, mta_sts_string("*.b.example")};
  (void)state;
  assert_true(mta_sts_certificate_matches(names, 3, mta_sts_string("mx.b.example")));
  assert_false(mta_sts_certificate_matches(names, 2, mta_sts_string("mx.b.example")));
  assert_false(mta_sts_certificate_matches(NULL, 0, mta_sts_string("a.example")));
}

static void sees_a_nul_inside(void** state) {
  const mta_sts_text name = {"mx.example.com\0.evil.example", 28};
  const mta_sts_text host = {"mx.example.com\0", 15};
  (void)state;
  assert_false(mta_sts_certificate_matches(&name, 1, mta_sts_string("mx.example.com")));
  assert_false(mta_sts_certificate_matches(&name, 1, host));
}

static void refuses_a_host_that_is_longer_than_names_are(void** state) {
  char host[256];
  mta_sts_text text = {host, 254};
  (void)state;
  for (size_t i = 0; i < sizeof host; ++i) {
    host[i] = i % 50 == 49 ? '.' : 'a';
  }
  host[253] = '.';
  assert_false(mta_sts_certificate_matches(&text, 1, text)); /* an entry has no root dot */
  text.size = 253;
  assert_true(mta_sts_certificate_matches(&text, 1, text));
  host[253] = 'a';
  text.size = 255;
  assert_false(mta_sts_certificate_matches(&text, 1, text));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepts_the_name_of_the_host),
      cmocka_unit_test(refuses_the_names_of_others),
      cmocka_unit_test(looks_at_every_name),
      cmocka_unit_test(sees_a_nul_inside),
      cmocka_unit_test(refuses_a_host_that_is_longer_than_names_are),
  };
  return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
