/* Fails on purpose: the tests of the dialect see to it that it does. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int refuse(void** state) {
  (void)state;
  return -1;
}

static void teardown(void** state) {
  (void)state;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(teardown, refuse)};
  return cmocka_run_group_tests_name("failing", tests, NULL, NULL);
}
