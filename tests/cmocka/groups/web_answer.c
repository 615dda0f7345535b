/* The answer of a web server that serves a policy through the C library. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mta_sts.h"

static int publish(void** state) {
  const mta_sts_text words[] = {mta_sts_string("testing"), mta_sts_string("mx=mx.example.com")};
  mta_sts_directive* directive = mta_sts_directive_parse(words, 2, NULL);
  if (directive == NULL) {
    return -1;
  }
  *state = mta_sts_publish(mta_sts_directive_policy(directive), 0, NULL);
  mta_sts_directive_free(directive); /* what is published lives on */
  return *state == NULL;
}

static int unpublish(void** state) {
  mta_sts_published_free((mta_sts_published*)*state);
  return 0;
}

static bool ask(void** state, const char* method, const char* path, mta_sts_answer* answer) {
  return mta_sts_answer_request((const mta_sts_published*)*state, mta_sts_string(method),
                                mta_sts_string(path), answer);
}

static void answers_get_with_the_policy(void** state) {
  mta_sts_answer answer;
  assert_true(ask(state, "GET", MTA_STS_POLICY_PATH, &answer));
  assert_int_equal(answer.status, 200);
  assert_true(answer.send_body);
  assert_string_equal(answer.content_type.data, "text/plain");
  assert_string_equal(answer.body.data,
                      "version: STSv1\r\nmode: testing\r\nmx: mx.example.com\r\nmax_age: 86400\r\n");
  assert_int_equal(answer.body.size, strlen(answer.body.data));
  assert_string_equal(answer.allow.data, "");
}

static void answers_head_without_the_body(void** state) {
  mta_sts_answer answer;
  mta_sts_answer get;
  assert_true(ask(state, "GET", MTA_STS_POLICY_PATH, &get));
  assert_true(ask(state, "HEAD", MTA_STS_POLICY_PATH, &answer));
  assert_int_equal(answer.status, 200);
  assert_false(answer.send_body);
  assert_string_equal(answer.body.data, get.body.data); /* its length is the Content-Length */
  assert_string_equal(answer.etag.data, get.etag.data);
}

static void gives_an_etag_in_quotes(void** state) {
  mta_sts_answer answer;
  const mta_sts_text id = mta_sts_published_id((const mta_sts_published*)*state);
  assert_true(ask(state, "GET", MTA_STS_POLICY_PATH, &answer));
  assert_int_equal(answer.etag.size, 22);
  assert_memory_equal(answer.etag.data, "\"", 1);
  assert_memory_equal(answer.etag.data + 1, id.data, id.size);
  assert_memory_equal(answer.etag.data + 21, "\"", 1);
}

static void refuses_other_methods(void** state) {
  mta_sts_answer answer;
  const char* methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "get", ""};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; ++i) {
    assert_true(ask(state, methods[i], MTA_STS_POLICY_PATH, &answer));
    assert_int_equal(answer.status, 405);
    assert_true(answer.send_body);
    assert_string_equal(answer.allow.data, "GET, HEAD");
    assert_string_equal(answer.etag.data, "");
    assert_string_not_equal(answer.body.data, "");
  }
}

static void leaves_other_paths_alone(void** state) {
  mta_sts_answer answer;
  const char* paths[] = {"/",
                         "",
                         "/.well-known/mta-sts.txt/",
                         "/.WELL-KNOWN/mta-sts.txt",
                         "/x/.well-known/mta-sts.txt",
                         "/.well-known/mta-sts"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; ++i) {
    assert_false(ask(state, "GET", paths[i], &answer));
  }
}

static void reads_a_request_by_its_length(void** state) {
  mta_sts_answer answer;
  mta_sts_text method = {"GETAWAY", 3};
  mta_sts_text path = {MTA_STS_POLICY_PATH "?query", sizeof MTA_STS_POLICY_PATH - 1};
  assert_true(mta_sts_answer_request((const mta_sts_published*)*state, method, path, &answer));
  assert_int_equal(answer.status, 200);
  path.size += 1;
  assert_false(mta_sts_answer_request((const mta_sts_published*)*state, method, path, &answer));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_get_with_the_policy), cmocka_unit_test(answers_head_without_the_body),
      cmocka_unit_test(gives_an_etag_in_quotes),     cmocka_unit_test(refuses_other_methods),
      cmocka_unit_test(leaves_other_paths_alone),    cmocka_unit_test(reads_a_request_by_its_length),
  };
  return cmocka_run_group_tests_name("web_answer", tests, publish, unpublish);
}
