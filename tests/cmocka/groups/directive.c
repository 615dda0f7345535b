/* The words of a directive, as a server hands them to the C library. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mta_sts.h"

enum { words_limit = 4 };

struct fixture {
  mta_sts_text words[words_limit];
  size_t count;
  mta_sts_directive* directive;
  mta_sts_published* published;
  mta_sts_error error;
};

static int make_room(void** state) {
  *state = calloc(1, sizeof(struct fixture));
  return *state == NULL;
}

static void empty(struct fixture* fixture) {
  mta_sts_published_free(fixture->published);
  mta_sts_directive_free(fixture->directive);
  memset(fixture, 0, sizeof *fixture);
}

static int free_room(void** state) {
  empty((struct fixture*)*state);
  free(*state);
  return 0;
}

/* Reads up to four words; those that are not there are NULL. */
static mta_sts_directive* read(struct fixture* fixture, const char* a, const char* b, const char* c,
                               const char* d) {
  const char* words[words_limit];
  words[0] = a;
  words[1] = b;
  words[2] = c;
  words[3] = d;
  empty(fixture);
  while (fixture->count < words_limit && words[fixture->count] != NULL) {
    fixture->words[fixture->count] = mta_sts_string(words[fixture->count]);
    ++fixture->count;
  }
  fixture->directive = mta_sts_directive_parse(fixture->words, fixture->count, &fixture->error);
  return fixture->directive;
}

/* The same, and publishes the policy that the words make. */
static const mta_sts_published* publish(struct fixture* fixture, const char* a, const char* b, const char* c,
                                        const char* d) {
  assert_non_null(read(fixture, a, b, c, d));
  assert_int_equal(mta_sts_directive_kind(fixture->directive), MTA_STS_WORDS);
  assert_non_null(mta_sts_directive_policy(fixture->directive));
  fixture->published = mta_sts_publish(mta_sts_directive_policy(fixture->directive),
                                    mta_sts_directive_serial(fixture->directive), &fixture->error);
  assert_non_null(fixture->published);
  return fixture->published;
}

static void reads_a_policy(void** state) {
  const mta_sts_published* published =
      publish((struct fixture*)*state, "enforce", "mx=MX.example.com", "mx=*.example.net", "max_age=1w");
  assert_string_equal(mta_sts_published_body(published).data,
                      "version: STSv1\r\nmode: enforce\r\nmx: mx.example.com\r\nmx: *.example.net\r\n"
                      "max_age: 604800\r\n");
  assert_int_equal(mta_sts_published_body(published).size, strlen(mta_sts_published_body(published).data));
  assert_string_equal(mta_sts_published_warning(published, 0).data, "");
}

static void tells_what_is_unwise(void** state) {
  const mta_sts_published* published =
      publish((struct fixture*)*state, "enforce", "mx=mx.example.com", "max_age=60", NULL);
  assert_non_null(strstr(mta_sts_published_warning(published, 0).data, "max-age-short: "));
  assert_int_equal(mta_sts_published_warning(published, 1).size, 0);
}

static void gives_the_same_id_for_the_same_meaning(void** state) {
  struct fixture* fixture = (struct fixture*)*state;
  char id[32];
  strcpy(id, mta_sts_published_id(publish(fixture, "testing", "mx=a.example", "mx=b.example", NULL)).data);
  assert_int_equal(strlen(id), 20);
  publish(fixture, "mx=B.example", "testing", "mx=a.example", NULL);
  assert_string_equal(mta_sts_published_id(fixture->published).data, id);
  publish(fixture, "testing", "mx=a.example", "mx=b.example", "serial=1");
  assert_string_not_equal(mta_sts_published_id(fixture->published).data, id);
}

static void reads_the_path_of_a_file(void** state) {
  const mta_sts_directive* directive =
      read((struct fixture*)*state, "file=/etc/mta-sts/policy.txt", "serial=7", NULL, NULL);
  assert_non_null(directive);
  assert_int_equal(mta_sts_directive_kind(directive), MTA_STS_FILE);
  assert_string_equal(mta_sts_directive_path(directive).data, "/etc/mta-sts/policy.txt");
  assert_int_equal(mta_sts_directive_serial(directive), 7);
  assert_null(mta_sts_directive_policy(directive));
}

static void reads_the_path_of_a_store(void** state) {
  const mta_sts_directive* directive =
      read((struct fixture*)*state, "store=/srv/policies.mdb", NULL, NULL, NULL);
  assert_non_null(directive);
  assert_int_equal(mta_sts_directive_kind(directive), MTA_STS_STORE);
  assert_string_equal(mta_sts_directive_path(directive).data, "/srv/policies.mdb");
  assert_null(mta_sts_directive_policy(directive));
}

static void reads_off(void** state) {
  const mta_sts_directive* directive = read((struct fixture*)*state, "off", NULL, NULL, NULL);
  assert_non_null(directive);
  assert_int_equal(mta_sts_directive_kind(directive), MTA_STS_OFF);
  assert_null(mta_sts_directive_policy(directive));
  assert_string_equal(mta_sts_directive_path(directive).data, "");
}

static void refuses(struct fixture* fixture, const char* a, const char* b, const char* code) {
  assert_null(read(fixture, a, b, NULL, NULL));
  assert_string_equal(fixture->error.code, code);
  assert_string_not_equal(fixture->error.detail, "");
  assert_int_equal(fixture->error.line, 0);
}

static void refuses_wrong_words(void** state) {
  struct fixture* fixture = (struct fixture*)*state;
  refuses(fixture, "enforce", NULL, "missing-mx");
  refuses(fixture, "mx=a.example", NULL, "missing-mode");
  refuses(fixture, "Enforce", NULL, "unknown-word");
  refuses(fixture, "none", "none", "repeated-word");
  refuses(fixture, "none", "off", "conflicting-word");
  refuses(fixture, "none", "max_age=", "empty-value");
  refuses(fixture, "none", "max_age=31557601", "bad-max-age");
  refuses(fixture, "none", "serial=-1", "bad-serial");
  refuses(fixture, "testing", "mx=*", "bad-mx");
}

static void refuses_no_words(void** state) {
  struct fixture* fixture = (struct fixture*)*state;
  refuses(fixture, NULL, NULL, "no-words");
  assert_null(mta_sts_directive_parse(NULL, 0, NULL));
}

static void escapes_the_word_at_fault(void** state) {
  struct fixture* fixture = (struct fixture*)*state;
  refuses(fixture, "none\x1b[2J", NULL, "unknown-word");
  assert_string_equal(fixture->error.word, "none\\x1b[2J");
}

static void has_place_for_the_longest_error(void** state) {
  struct fixture* fixture = (struct fixture*)*state;
  char word[5 + 400 + 1] = "file=";
  memset(word + 5, '\x1b', 400);
  word[sizeof word - 1] = '\0';
  refuses(fixture, word, "none", "conflicting-word");
  assert_non_null(strstr(fixture->error.detail, "\\x1b...\"; allowed are "));
  assert_non_null(strstr(fixture->error.detail, "or off"));
  memset(word, '\x1b', 5);
  refuses(fixture, word, NULL, "unknown-word");
  assert_non_null(strstr(fixture->error.word, "\\x1b..."));
}

static void reads_words_by_their_length(void** state) {
  struct fixture* fixture = (struct fixture*)*state;
  static const char nul[] = "file=/a\0b";
  fixture->words[0].data = "nonesuch";
  fixture->words[0].size = 4;
  fixture->directive = mta_sts_directive_parse(fixture->words, 1, &fixture->error);
  assert_non_null(fixture->directive);
  mta_sts_directive_free(fixture->directive);
  fixture->words[0].data = nul;
  fixture->words[0].size = sizeof nul - 1;
  fixture->directive = mta_sts_directive_parse(fixture->words, 1, &fixture->error);
  assert_null(fixture->directive);
  assert_string_equal(fixture->error.code, "bad-path");
}

static void refuses_more_than_it_should_read(void** state) {
  struct fixture* fixture = (struct fixture*)*state;
  mta_sts_text* words = (mta_sts_text*)calloc(MTA_STS_DIRECTIVE_WORDS + 1, sizeof *words);
  char* bytes = (char*)malloc(MTA_STS_DIRECTIVE_BYTES);
  assert_non_null(words);
  assert_non_null(bytes);
  assert_null(mta_sts_directive_parse(words, MTA_STS_DIRECTIVE_WORDS + 1, &fixture->error));
  assert_string_equal(fixture->error.code, "too-large");
  assert_null(mta_sts_directive_parse(words, MTA_STS_DIRECTIVE_WORDS, &fixture->error));
  assert_string_equal(fixture->error.code, "unknown-word");

  memset(bytes, 'a', MTA_STS_DIRECTIVE_BYTES);
  words[0] = mta_sts_string("n");
  words[1].data = bytes;
  words[1].size = MTA_STS_DIRECTIVE_BYTES;
  assert_null(mta_sts_directive_parse(words, 2, &fixture->error));
  assert_string_equal(fixture->error.code, "too-large");
  words[1].size -= 1;
  assert_null(mta_sts_directive_parse(words, 2, &fixture->error));
  assert_string_equal(fixture->error.code, "unknown-word");
  words[1].size = SIZE_MAX;
  assert_null(mta_sts_directive_parse(words, 2, &fixture->error));
  assert_string_equal(fixture->error.code, "too-large");
  free(bytes);
  free(words);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(reads_a_policy, make_room, free_room),
      cmocka_unit_test_setup_teardown(tells_what_is_unwise, make_room, free_room),
      cmocka_unit_test_setup_teardown(gives_the_same_id_for_the_same_meaning, make_room, free_room),
      cmocka_unit_test_setup_teardown(reads_the_path_of_a_file, make_room, free_room),
      cmocka_unit_test_setup_teardown(reads_the_path_of_a_store, make_room, free_room),
      cmocka_unit_test_setup_teardown(reads_off, make_room, free_room),
      cmocka_unit_test_setup_teardown(refuses_wrong_words, make_room, free_room),
      cmocka_unit_test_setup_teardown(refuses_no_words, make_room, free_room),
      cmocka_unit_test_setup_teardown(escapes_the_word_at_fault, make_room, free_room),
      cmocka_unit_test_setup_teardown(has_place_for_the_longest_error, make_room, free_room),
      cmocka_unit_test_setup_teardown(reads_words_by_their_length, make_room, free_room),
      cmocka_unit_test_setup_teardown(refuses_more_than_it_should_read, make_room, free_room),
  };
  return cmocka_run_group_tests_name("directive", tests, NULL, NULL);
}
