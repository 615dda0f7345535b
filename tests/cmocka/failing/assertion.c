/* Fails on purpose: the tests of the dialect see to it that it does. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int mocked(int argument) {
  check_expected(argument);
  return mock_type(int);
}

static void assertion(void** state) {
  (void)state;
  assert_int_equal(2 + 2, 5);
  (void)mocked(1); /* not reached */
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(assertion)};
  return cmocka_run_group_tests_name("failing", tests, NULL, NULL);
}
