/* The words of a directive, as nginx and Apache hand them over. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "edge.h"

static int give_room(void** state) {
  *state = calloc(1, sizeof(struct edge_directive));
  return *state == NULL;
}

static int take_room(void** state) {
  free(*state);
  return 0;
}

static void reads_a_policy(void** state) {
  struct edge_directive* read = (struct edge_directive*)*state;
  const char* words[] = {"enforce", "mx=MX.example.com", "mx=*.example.net", "max_age=1w"};
  assert_true(edge_parse_directive(words, 4, read));
  assert_string_equal(read->error, "");
  assert_string_equal(read->body,
                      "version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmx: *.example.net\r\n"
                      "max_age: 604800\r\n");
}

static void gives_the_same_id_for_the_same_meaning(void** state) {
  struct edge_directive* read = (struct edge_directive*)*state;
  struct edge_directive other;
  const char* words[] = {"testing", "mx=a.example", "mx=b.example"};
  const char* turned[] = {"mx=B.example", "testing", "mx=a.example"};
  const char* renewed[] = {"testing", "mx=a.example", "mx=b.example", "serial=1"};
  assert_true(edge_parse_directive(words, 3, read));
  assert_true(edge_parse_directive(turned, 3, &other));
  assert_string_equal(read->id, other.id);
  assert_true(edge_parse_directive(renewed, 4, &other));
  assert_string_not_equal(read->id, other.id);
}

static void reads_the_path_of_a_file(void** state) {
  struct edge_directive* read = (struct edge_directive*)*state;
  const char* words[] = {"file=/etc/mta-sts/policy.txt"};
  assert_true(edge_parse_directive(words, 1, read));
  assert_string_equal(read->path, "/etc/mta-sts/policy.txt");
}

static void refuses(struct edge_directive* read, const char* a, const char* b, const char* error) {
  const char* words[] = {a, b};
  assert_false(edge_parse_directive(words, b == NULL ? 1 : 2, read));
  assert_string_equal(read->error, error);
}

static void refuses_wrong_words(void** state) {
  struct edge_directive* read = (struct edge_directive*)*state;
  refuses(read, "enforce", NULL, "missing-mx");
  refuses(read, "mx=a.example", NULL, "missing-mode");
  refuses(read, "Enforce", NULL, "unknown-word");
  refuses(read, "none", "none", "repeated-word");
  refuses(read, "none", "off", "conflicting-word");
  refuses(read, "none", "max_age=", "empty-value");
  refuses(read, "none", "max_age=31557601", "bad-max-age");
  refuses(read, "none", "serial=-1", "bad-serial");
  refuses(read, "testing", "mx=*", "bad-mx");
}

static void refuses_no_words(void** state) {
  struct edge_directive* read = (struct edge_directive*)*state;
  assert_false(edge_parse_directive(NULL, 0, read));
  assert_string_equal(read->error, "no-words");
}

static void escapes_the_word_at_fault(void** state) {
  struct edge_directive* read = (struct edge_directive*)*state;
  refuses(read, "none\x1b[2J", NULL, "unknown-word");
  assert_string_equal(read->word, "none\\x1b[2J");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(reads_a_policy, give_room, take_room),
      cmocka_unit_test_setup_teardown(gives_the_same_id_for_the_same_meaning, give_room, take_room),
      cmocka_unit_test_setup_teardown(reads_the_path_of_a_file, give_room, take_room),
      cmocka_unit_test_setup_teardown(refuses_wrong_words, give_room, take_room),
      cmocka_unit_test_setup_teardown(refuses_no_words, give_room, take_room),
      cmocka_unit_test_setup_teardown(escapes_the_word_at_fault, give_room, take_room),
  };
  return cmocka_run_group_tests_name("directive", tests, NULL, NULL);
}
