/* The answer that nginx and Apache give. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edge.h"

#define POLICY "/.well-known/mta-sts.txt"

static int give_one_room(void** state) {
  *state = calloc(1, sizeof(struct edge_answer));
  return *state == NULL;
}

static int take_one_room(void** state) {
  free(*state);
  return 0;
}

static void answers_get_with_the_policy(void** state) {
  struct edge_answer* answer = (struct edge_answer*)*state;
  assert_true(edge_answer_request("GET", POLICY, answer));
  assert_int_equal(answer->status, 200);
  assert_true(answer->send_body);
  assert_string_equal(answer->content_type, "text/plain");
  assert_string_equal(answer->body,
                      "version: STSv1\r\nmode: testing\r\nmx: mx.example.com\r\nmax_age: 86400\r\n");
}

static void answers_head_without_the_body(void** state) {
  struct edge_answer* answer = (struct edge_answer*)*state;
  struct edge_answer get;
  assert_true(edge_answer_request("GET", POLICY, &get));
  assert_true(edge_answer_request("HEAD", POLICY, answer));
  assert_int_equal(answer->status, 200);
  assert_false(answer->send_body);
  assert_string_equal(answer->body, get.body); /* its length is the Content-Length */
  assert_string_equal(answer->etag, get.etag);
}

static void gives_an_etag_in_quotes(void** state) {
  struct edge_answer* answer = (struct edge_answer*)*state;
  assert_true(edge_answer_request("GET", POLICY, answer));
  assert_int_equal(strlen(answer->etag), 22);
  assert_memory_equal(answer->etag, "\"", 1);
  assert_memory_equal(answer->etag + 21, "\"", 1);
}

static void refuses_other_methods(void** state) {
  struct edge_answer* answer = (struct edge_answer*)*state;
  const char* methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "get", ""};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; ++i) {
    assert_true(edge_answer_request(methods[i], POLICY, answer));
    assert_int_equal(answer->status, 405);
    assert_string_equal(answer->allow, "GET, HEAD");
    assert_string_equal(answer->etag, "");
  }
}

static void leaves_other_paths_alone(void** state) {
  struct edge_answer* answer = (struct edge_answer*)*state;
  const char* paths[] = {"/",
                         "",
                         "/.well-known/mta-sts.txt/",
                         "/.WELL-KNOWN/mta-sts.txt",
                         "/x/.well-known/mta-sts.txt",
                         "/.well-known/mta-sts"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; ++i) {
    assert_false(edge_answer_request("GET", paths[i], answer));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_get_with_the_policy), cmocka_unit_test(answers_head_without_the_body),
      cmocka_unit_test(gives_an_etag_in_quotes),     cmocka_unit_test(refuses_other_methods),
      cmocka_unit_test(leaves_other_paths_alone),
  };
  return cmocka_run_group_tests_name("web_answer", tests, give_one_room, take_one_room);
}
