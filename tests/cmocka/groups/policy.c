/* Policies as a program in C reads them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mta_sts.h"

#define POLICY                                                             \
  "version: STSv1\nmode: enforce\nmx: MX.example.com\nmx: *.example.net\n" \
  "max_age: 604800\n"

static mta_sts_policy* read(const char* body, mta_sts_reading reading, mta_sts_error* error) {
  return mta_sts_policy_parse(mta_sts_string(body), reading, error);
}

static int read_policy(void** state) {
  *state = read(POLICY, MTA_STS_AS_SENDER, NULL);
  return *state == NULL;
}

static int free_policy(void** state) {
  mta_sts_policy_free((mta_sts_policy*)*state);
  return 0;
}

static void gives_what_it_read(void** state) {
  const mta_sts_policy* policy = (const mta_sts_policy*)*state;
  assert_int_equal(mta_sts_policy_mode(policy), MTA_STS_ENFORCE);
  assert_int_equal(mta_sts_policy_max_age(policy), 604800);
  assert_int_equal(mta_sts_policy_mx_count(policy), 2);
  assert_string_equal(mta_sts_policy_mx(policy, 0).data, "mx.example.com");
  assert_string_equal(mta_sts_policy_mx(policy, 1).data, "*.example.net");
  assert_int_equal(mta_sts_policy_mx(policy, 1).size, strlen("*.example.net"));
  assert_string_equal(mta_sts_policy_mx(policy, 2).data, "");
}

static void names_hosts(void** state) {
  const mta_sts_policy* policy = (const mta_sts_policy*)*state;
  const char* named[] = {"mx.example.com", "MX.EXAMPLE.COM.", "a.example.net"};
  const char* others[] = {
      "", ".", "example.net", "a.b.example.net", "*.example.net", "mx.example.com..", "example.com"};
  const mta_sts_text with_nul = {"a\0.example.net", sizeof "a\0.example.net" - 1};
  for (size_t i = 0; i < sizeof named / sizeof named[0]; ++i) {
    assert_true(mta_sts_policy_names_host(policy, mta_sts_string(named[i])));
  }
  for (size_t i = 0; i < sizeof others / sizeof others[0]; ++i) {
    assert_false(mta_sts_policy_names_host(policy, mta_sts_string(others[i])));
  }
  assert_false(mta_sts_policy_names_host(policy, with_nul));
}

static void reads_every_mode(void** state) {
  mta_sts_policy* policy;
  (void)state;
  policy = read("version: STSv1\nmode: testing\nmx: a.example\nmax_age: 1\n", MTA_STS_AS_PUBLISHER, NULL);
  assert_non_null(policy);
  assert_int_equal(mta_sts_policy_mode(policy), MTA_STS_TESTING);
  mta_sts_policy_free(policy);
  policy = read("version: STSv1\nmode: none\nmax_age: 1\n", MTA_STS_AS_PUBLISHER, NULL);
  assert_non_null(policy);
  assert_int_equal(mta_sts_policy_mode(policy), MTA_STS_NONE);
  assert_int_equal(mta_sts_policy_mx_count(policy), 0);
  mta_sts_policy_free(policy);
  mta_sts_policy_free(NULL);
}

static void says_what_is_wrong_and_where(void** state) {
  static const struct {
    const char* body;
    const char* code;
    size_t line;
    size_t column;
  } cases[] = {{"", "empty", 1, 1},
               {"version: STSv1\nmode: Enforce\nmx: a.example\nmax_age: 1\n", "bad-mode", 2, 7},
               {"version: STSv1\nmode: none\nmax_age: 1w\n", "bad-max-age", 3, 10},
               {"version: STSv1\nmode: enforce\nmax_age: 1\n", "missing-mx", 1, 1}};
  mta_sts_error error;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    assert_null(read(cases[i].body, MTA_STS_AS_SENDER, &error));
    assert_string_equal(error.code, cases[i].code);
    assert_int_equal(error.line, cases[i].line);
    assert_int_equal(error.column, cases[i].column);
    assert_string_equal(error.word, "");
    assert_string_not_equal(error.detail, "");
    assert_null(read(cases[i].body, MTA_STS_AS_SENDER, NULL));
  }
}

static void reads_any_bytes(void** state) {
  mta_sts_error error;
  mta_sts_text none = {NULL, 0};
  const mta_sts_text bytes = {"version: STSv1\n\0\xff", 17};
  char* large = (char*)malloc(65537);
  mta_sts_text body;
  (void)state;
  assert_null(mta_sts_policy_parse(none, MTA_STS_AS_SENDER, &error));
  assert_string_equal(error.code, "empty");
  assert_null(mta_sts_policy_parse(bytes, MTA_STS_AS_SENDER, &error));
  assert_string_equal(error.code, "not-utf8");
  assert_non_null(large);
  memset(large, 'a', 65537);
  body.data = large;
  body.size = 65537;
  assert_null(mta_sts_policy_parse(body, MTA_STS_AS_SENDER, &error));
  assert_string_equal(error.code, "too-large");
  body.size = 65536;
  assert_null(mta_sts_policy_parse(body, MTA_STS_AS_SENDER, &error));
  assert_string_not_equal(error.code, "too-large");
  free(large);
}

static void does_not_publish_what_only_a_sender_reads(void** state) {
  static const char body[] = "version: STSv1\nmode: none\nmax_age: 31557601\n";
  mta_sts_error error;
  mta_sts_policy* policy = read(body, MTA_STS_AS_SENDER, NULL);
  (void)state;
  assert_non_null(policy);
  assert_int_equal(mta_sts_policy_max_age(policy), 31557600);
  assert_null(mta_sts_publish(policy, 0, NULL));
  assert_null(mta_sts_publish(policy, 0, &error));
  assert_string_equal(error.code, "bad-max-age");
  mta_sts_policy_free(policy);
  assert_null(read(body, MTA_STS_AS_PUBLISHER, &error));
  assert_string_equal(error.code, "bad-max-age");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gives_what_it_read), cmocka_unit_test(names_hosts),
      cmocka_unit_test(reads_every_mode),   cmocka_unit_test(says_what_is_wrong_and_where),
      cmocka_unit_test(reads_any_bytes),    cmocka_unit_test(does_not_publish_what_only_a_sender_reads),
  };
  return cmocka_run_group_tests_name("policy", tests, read_policy, free_policy);
}
