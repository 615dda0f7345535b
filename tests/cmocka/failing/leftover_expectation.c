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

static void leftover_expectation(void** state) {
  (void)state;
  expect_value(mocked, argument, 1);
  expect_value(mocked, argument, 2);
  will_return(mocked, 1);
  assert_int_equal(mocked(1), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(leftover_expectation)};
  return cmocka_run_group_tests_name("failing", tests, NULL, NULL);
}
